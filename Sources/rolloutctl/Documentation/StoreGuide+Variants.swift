/// What `help stores` says of variants on platforms that have no flags with values.
extension StoreGuide {
  static let unleashVariants = Block.paragraph(
    """
    In Unleash a flag with `Variants:` is a strategy for each group that is let in, behind them one that gives control \
    to everybody else, and a disabled one that keeps all values. Each hands out one variant, whose payload is JSON, a \
    number or a text. The feature is then enabled for everybody: applications ask for its variant, not whether it is \
    enabled, by an SDK that knows variants of strategies. A kill puts control's strategy before all others; one to `off` switches the environment off, where \
    SDKs hand out no variant (`disabled`), not even the value of one that is called `off`. So does a kill that nobody \
    could look before, and one whose token may not move strategies.
    """)

  static let statsigVariants = Block.paragraph(
    """
    A flag with `Variants:` is a dynamic configuration in Statsig: its default is control's value, and whoever a rule \
    lets in gets the value which that returns. A configuration hands out objects, and a variant that is one is handed \
    out as it is. A text, a number, a truth value or a list `X` is handed out as `{"value": X}`: an application reads \
    the member `value`, and `{"value": X}` itself is refused as a variant. A kill disables the configuration, so that \
    everybody gets the default; in one environment a rule there lets nobody in, and the others go on. With \
    `Kill to: off` a rule gives everybody that value. The default holds in every environment: where it is not the \
    note's control, an address with an environment is refused. Values that no rule returns now stand in rules called \
    "rolloutctl variant NAME", which nobody meets. A gate and a configuration may have one name: the one that \
    rolloutctl wrote is meant, else the gate, and a flag never turns from one into the other.
    """)
}

"""Reference answers for the statistics of the gates, from scipy, statsmodels and numpy.

Usage: statistics_reference.py SEED. Prints one JSON object a line: what is asked, what goes in, what must come out
(null where there is no answer), and the size that errors of each answer are measured against, if not the answer itself.
"""

import json
import math
import sys
import warnings

import numpy as np
from scipy import optimize, special, stats
from statsmodels.regression.linear_model import OLS
from statsmodels.stats.contingency_tables import StratifiedTable
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint, proportions_ztest

warnings.filterwarnings("ignore")
random = np.random.default_rng(int(sys.argv[1]))


def plain(value):
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(each) for each in value]
    if isinstance(value, (np.integer, int)):
        return int(value)
    value = float(value)
    return value if math.isfinite(value) else None


def case(what, given, expected, scale=0.0):
    print(json.dumps({"what": what, "given": plain(given), "expected": plain(expected), "scale": plain(scale)}))


def between(low, high):
    """Evenly spread over orders of magnitude."""
    return float(10 ** random.uniform(low, high))


def curves():
    shares = [between(-300, -0.31) for _ in range(300)] + [float(each) for each in random.uniform(0, 1, 300)]
    for share in shares + [0.5, 0.25, 0.75, 0.05, 0.025, 1e-300, 0.5 - 1e-12]:
        case("normal quantile", [share], [stats.norm.isf(share)])
    for place in list(random.uniform(-37, 37, 300)) + [0.0, -0.0, 1e-9]:
        case("normal tail", [place], [stats.norm.sf(place)])
    for _ in range(700):
        freedom, place = between(-0.3, 9), between(-6, 1.3) * random.choice([-1, 1])
        case("student tail", [place, freedom], [stats.t.sf(place, freedom)])
        share = between(-12, -0.001)
        case("student quantile", [share, freedom], [stats.t.isf(share, freedom)])
    for _ in range(400):
        freedom = int(random.integers(1, 1000))
        place = freedom * between(-2, 1)
        expected = stats.chi2.sf(place, freedom)
        if expected > 1e-290:
            case("chi-square tail", [place, freedom], [expected])
    for _ in range(400):
        first, second, share = between(-1, 4), between(-1, 4), float(random.uniform())
        expected = special.betainc(first, second, share)
        if expected > 1e-200:
            case("beta", [share, 1 - share, first, second], [expected])


def rates():
    """Two proportions, with no events, with nothing but events, and with a single record."""
    counts = []
    for _ in range(600):
        one, other = int(between(0, 5)), int(between(0, 7))
        rate = between(-4, 0)
        counts.append((random.binomial(one, rate), one, random.binomial(other, min(1, rate * between(-0.5, 0.5))), other))
    counts += [(0, 10, 0, 90), (10, 10, 90, 90), (0, 1, 1, 1), (1, 1, 0, 1), (0, 7, 5, 900), (33, 2000, 120, 10000)]
    for x1, n1, x0, n0 in counts:
        given = [x1, n1, x0, n0]
        z, p = proportions_ztest([x1, x0], [n1, n0])
        p = p if math.isfinite(z) else math.nan
        case("pooled", given, [z, p])
        alpha = float(random.choice([0.05, 0.01, 0.2]))
        for method in ["wald", "agresti-caffo", "newcomb"]:
            low, high = confint_proportions_2indep(x1, n1, x0, n0, compare="diff", method=method, alpha=alpha)
            # statsmodels cuts Wald's intervals at -1 and 1 in no case; no width, no interval.
            width = high - low
            case(method, given + [alpha], [low, high] if width > 0 else [math.nan] * 2, width)
        low, high = proportion_confint(x1, n1, alpha=alpha, method="wilson")
        case("wilson", [x1, n1, alpha], [low, high], high - low)


def spread(count, offset, size):
    """Never all alike: numpy then returns its own rounding as a variance. Equal values have cases of their own."""
    shape = random.choice(["normal", "lognormal", "few values"])
    if shape == "normal":
        values = random.normal(size=count)
    elif shape == "lognormal":
        values = random.lognormal(sigma=1.5, size=count)
    else:
        values = random.integers(0, 4, count).astype(float)
    if count > 1 and len(set(values)) == 1:
        values[0] += 1
    return (values + offset) * size


def means():
    for _ in range(500):
        offset, size = random.choice([0, 1, 1000]), between(-9, 9)
        one = spread(int(between(0.31, 2.6)), offset, size)
        other = spread(int(between(0.31, 3)), offset, size * between(-0.3, 0.3))
        test = stats.ttest_ind(one, other, equal_var=False)
        no_test = not math.isfinite(test.statistic)
        expected = [math.nan] * 5
        if not no_test:
            interval = test.confidence_interval(0.95)
            expected = [test.statistic, test.pvalue, test.df, interval.low, interval.high]
        width = 0 if no_test else interval.high - interval.low
        case("welch", [one, other], expected, [0, 0, 0, width, width])
        case("moments", [one], [one.mean(), one.var(ddof=1)])
        v1, v0 = one.var(ddof=1) / len(one), other.var(ddof=1) / len(other)
        m1, m0 = one.mean(), other.mean()
        if not no_test and m0 != 0:
            case("lift", [one, other], [(m1 - m0) / abs(m0), v1 / m0**2 + v0 * m1**2 / m0**4], [m1 / abs(m0), 0])
    for one, other in [([1, 2, 3], [1.1, 2.9, 4.2]), ([5, 5, 5], [5, 5]), ([5, 5], [6, 6]), ([1], [1, 2]), ([5, 5, 5], [1, 2])]:
        test = stats.ttest_ind(np.array(one, float), np.array(other, float), equal_var=False)
        if math.isfinite(test.statistic):
            interval = test.confidence_interval(0.95)
            case("welch", [one, other], [test.statistic, test.pvalue, test.df, interval.low, interval.high], 1)
        else:
            case("welch", [one, other], [math.nan] * 5)


def clustered(units, largest):
    sizes = random.integers(1, largest + 1, units)
    groups = np.repeat(np.arange(units), sizes)
    random.shuffle(groups)
    return groups, random.normal(size=units)[groups]


def cluster_variance(values, groups):
    fit = OLS(values, np.ones(len(values))).fit(cov_type="cluster", cov_kwds={"groups": groups})
    return float(fit.bse[0] ** 2)


def units():
    for _ in range(150):
        groups, effect = clustered(int(between(0.4, 2)), int(between(0.31, 1.7)))
        values = (effect + random.normal(size=len(groups))) * between(-6, 6)
        case("clusters", [values, groups], [cluster_variance(values, groups)])
    for _ in range(150):
        groups, effect = clustered(int(between(1.9, 2.4)), 9)
        values = np.exp(effect * 0.5 + random.normal(size=len(groups)) * 0.5) * between(-6, 6)
        level = float(random.choice([0.5, 0.9, 0.95]))
        z, n = 1.959963984540054, len(values)
        middle = np.quantile(values, level)
        reach = z * math.sqrt(level * (1 - level) / n)
        width = np.quantile(values, level + reach) - np.quantile(values, level - reach) if level + reach < 1 else 0
        if n <= z * z * level / (1 - level) or not width > 0:
            case("quantile spread", [values, groups, level], [math.nan] * 3)
            continue
        effect = cluster_variance((values <= middle).astype(float), groups) / (level * (1 - level) / n)
        case("quantile spread", [values, groups, level], [middle, (width / (2 * z)) ** 2, max(1, effect)])


def quantiles():
    for _ in range(400):
        values = spread(int(between(0, 3.5)), random.choice([0, 100]), between(-6, 6))
        if random.random() < 0.2:
            values = np.sort(values)[:: random.choice([-1, 1])]
        levels = [float(each) for each in random.uniform(0, 1, 3)] + [0.0, 0.5, 0.95, 0.99, 1.0]
        case("quantiles", [values, levels], np.quantile(values, levels))


def strata():
    for _ in range(300):
        tables, given = [], []
        for _ in range(int(random.integers(1, 7))):
            n1, n0, rate = int(between(0.5, 3)), int(between(0.5, 4)), between(-2, -0.1)
            x1, x0 = int(random.binomial(n1, rate)), int(random.binomial(n0, rate))
            tables.append(np.array([[x1, n1 - x1], [x0, n0 - x0]]))
            given.append([x1, n1, x0, n0])
        weight = np.array([n1 * n0 / (n1 + n0) for _, n1, _, n0 in given])
        each = np.array([x1 / n1 - x0 / n0 for x1, n1, x0, n0 in given])
        test = StratifiedTable(tables).test_null_odds(correction=False)
        if math.isfinite(test.statistic):
            estimate = (weight * each).sum() / weight.sum()
            case("strata", given, [estimate, test.statistic, test.pvalue], [abs(each).max(), 0, 0])


def several():
    for _ in range(200):
        values = [between(-8, 0) for _ in range(int(random.integers(1, 12)))]
        case("holm", values, multipletests(values, method="holm")[1])
        counts = random.integers(0, 10000, int(random.integers(2, 6)))
        shares = random.dirichlet(np.ones(len(counts)) * 3) if random.random() < 0.5 else counts + random.integers(1, 90, len(counts))
        if counts.sum() > 0:
            expected = np.array(shares) / np.sum(shares) * counts.sum()
            test = stats.chisquare(counts, expected)
            if test.pvalue > 1e-290:
                case("sample ratio", [counts, list(map(float, shares))], [test.statistic, test.pvalue])


def always_valid():
    """The intervals as published; the p-value is the level at which the interval just reaches 0, found by search."""
    def two(alpha, ratio):
        return math.sqrt((ratio + 1) / ratio * (math.log(ratio + 1) - 2 * math.log(alpha)))

    def one(alpha, ratio):
        return math.sqrt(2 * (ratio + 1) / ratio * math.log(1 + math.sqrt(ratio + 1) / (2 * alpha)))

    for _ in range(400):
        alpha, ratio, tuning = between(-4, -0.4), between(-3, 5), between(1, 6)
        scale = (-2 * math.log(alpha) + math.log(1 - 2 * math.log(alpha))) / tuning
        case("always valid", [alpha, ratio, tuning], [two(alpha, ratio), one(alpha, ratio), scale])
        deviate = float(random.uniform(0.5, 12))
        found = []
        for width, most in [(two, 1.0), (one, 0.5)]:
            gap = lambda log: width(math.exp(log), ratio) - deviate
            highest = math.log(most)
            found.append(most if gap(highest) > 0 else math.exp(optimize.brentq(gap, -600, highest, xtol=1e-14, rtol=1e-14)))
        if found[1] == 0.5:
            found[1] = 1
        case("always valid p", [deviate, ratio], found)


def events():
    """The mixture over odds, with scipy's own sum of exponentials and binomial weights."""
    places = (np.arange(70) + 0.5) * 0.1
    weights = np.exp(-places) / np.exp(-places).sum()
    for _ in range(300):
        side, effect = random.choice([-1, 1]), between(0, 0.7)
        bets = []
        for _ in range(int(random.integers(1, 4))):
            fair, total = between(-3, -0.05), int(between(0, 3))
            bets.append([int(random.binomial(total, min(1, fair * between(-0.2, 0.2)))), total, fair])
        logs = np.zeros(70)
        for canary, total, fair in bets:
            odds = np.exp(side * places)
            betted = odds * fair / (1 - fair + odds * fair)
            logs += canary * np.log(betted / fair) + (total - canary) * np.log((1 - betted) / (1 - fair))
        logs = logs / effect
        case("events", [bets, int(side), effect], [min(1, math.exp(-special.logsumexp(logs, b=weights)))])


for part in [curves, rates, means, units, quantiles, strata, several, always_valid, events]:
    part()

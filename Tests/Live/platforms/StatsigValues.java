// Reads dynamic configurations with Statsig's server SDK for Java, as the reader of gates among the peers does:
//
//   java -cp 'java-platforms/*' StatsigValues.java JOBS.json OUT.json sg CONTEXTS.json
//
// JOBS is a list of {id, url, flag, tier}; the unit is the custom id `tenant`. OUT: {id: [the value as JSON, ...]}.

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import com.statsig.sdk.StatsigOptions;
import com.statsig.sdk.StatsigServer;
import com.statsig.sdk.StatsigUser;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

public class StatsigValues {
  public static void main(String[] given) throws Exception {
    JsonArray contexts = JsonParser.parseString(Files.readString(Path.of(given[3]))).getAsJsonArray();
    Map<String, List<String>> out = new HashMap<>();
    for (JsonElement job : JsonParser.parseString(Files.readString(Path.of(given[0]))).getAsJsonArray()) {
      out.put(job.getAsJsonObject().get("id").getAsString(), values(job.getAsJsonObject(), contexts));
    }
    Files.writeString(Path.of(given[1]), new Gson().toJson(out));
    System.exit(0);
  }

  private static List<String> values(JsonObject job, JsonArray contexts) throws Exception {
    String url = job.get("url").getAsString();
    StatsigOptions options = new StatsigOptions();
    options.setApi(url + "/v1");
    options.setApiForDownloadConfigSpecs(url + "/v1");
    options.setApiForGetIdlists(url + "/v1");
    options.setFallbackToStatsigAPI(false);
    options.setRulesetsSyncIntervalMs(3_600_000);
    options.setIdListsSyncIntervalMs(3_600_000);
    options.setInitTimeoutMs(20_000);
    options.setDisableDiagnostics(true);
    options.setDisableAllLogging(true);
    options.setDisableIPResolution(true);
    if (job.has("tier") && !job.get("tier").isJsonNull()) options.setTier(job.get("tier").getAsString());
    StatsigServer server = StatsigServer.create();
    server.initializeAsync("secret-x", options).get();
    List<String> values = new ArrayList<>();
    for (JsonElement context : contexts) {
      Map<String, Object> fields = new HashMap<>();
      context.getAsJsonObject().entrySet().forEach(field -> fields.put(field.getKey(), plain(field.getValue())));
      StatsigUser user = new StatsigUser("somebody");
      Object unit = fields.get("tenant");
      user.setCustomIDs(unit == null ? Map.of() : Map.of("tenant", unit.toString()));
      user.setCustom(fields);
      values.add(new Gson().toJson(server.getConfigAsync(user, job.get("flag").getAsString()).get().getValue()));
    }
    server.shutdown();
    return values;
  }

  private static Object plain(JsonElement value) {
    JsonPrimitive plain = value.getAsJsonPrimitive();
    if (plain.isBoolean()) return plain.getAsBoolean();
    if (!plain.isNumber()) return plain.getAsString();
    double number = plain.getAsDouble();
    return number == Math.rint(number) ? (Object) (int) number : (Object) number;
  }
}

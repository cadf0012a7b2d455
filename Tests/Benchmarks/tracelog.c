/* Writes a trace log of COUNT requests to standard output, the same for the same SEED. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t state;

/* SplitMix64. */
static uint64_t next(void) {
  uint64_t mixed = (state += 0x9E3779B97F4A7C15ull);
  mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9ull;
  mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBull;
  return mixed ^ (mixed >> 31);
}

static double uniform(void) { return ((next() >> 11) + 1) * 0x1p-53; }

int main(int count, char **words) {
  static const char *categories[] = {"billing", "contracts", "search", "summary", "support", "tax"};
  static const char *feedback[] = {"null", "null", "null", "null", "\"up\"", "null", "null", "null", "\"down\"", "null"};
  static char buffer[1 << 20];
  if (count != 3) return 2;
  long records = atol(words[1]);
  state = strtoull(words[2], 0, 10);
  setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
  for (long record = 0; record < records; record++) {
    long milliseconds = (long)(record * 86400000.0 / records), seconds = milliseconds / 1000;
    int isCanary = next() % 20 == 0;
    double normal = sqrt(-2 * log(uniform())) * cos(6.283185307179586 * uniform());
    double latency = exp(6.4 + 0.6 * normal + (isCanary ? 0.05 : 0));
    int in = 50 + next() % 1500, out = 10 + next() % 400;
    int failed = next() % (isCanary ? 80 : 100) == 0;
    unsigned tenant = next() % 97, user = next() % 20000;
    unsigned quality = next() % 1001;
    unsigned long long trace = next();
    const char *told = feedback[next() % 10], *category = categories[next() % 6];
    printf("{\"ts\":\"2026-11-20T%02ld:%02ld:%02ld.%03ldZ\",\"trace_id\":\"%016llx\",\"tenant\":\"t-%02u\","
           "\"user\":\"u%05u\",\"model_version\":\"m-4\",\"prompt_version\":\"%s\",\"latency_ms\":%.1f,"
           "\"tokens_in\":%d,\"tokens_out\":%d,\"cost_usd\":%.6f,\"error\":%s,\"quality\":%.3f,\"feedback\":%s,"
           "\"category\":\"%s\"}\n",
           seconds / 3600, seconds / 60 % 60, seconds % 60, milliseconds % 1000, trace, tenant, user,
           isCanary ? "v7" : "v6", latency, in, out, in * 3e-6 + out * 1.5e-5, failed ? "true" : "false",
           quality / 1000.0, told, category);
  }
  return fflush(stdout) != 0;
}

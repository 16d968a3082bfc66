package io.vmferry.local.stepfunctions;

import com.dashjoin.jsonata.Jsonata;
import com.fasterxml.jackson.core.JsonProcessingException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** The functions Step Functions adds to JSONata, and the names of all there are. */
final class JsonataFunctions {
  private static final int MAX_RANGE = 1_000_000;

  private static final Set<String> ADDED =
      Set.of("partition", "range", "hash", "random", "uuid", "parse");

  /** JSONata 2.0.6, without $eval. */
  private static final Set<String> BUILT_IN =
      Set.of(
          "abs",
          "append",
          "assert",
          "average",
          "base64decode",
          "base64encode",
          "boolean",
          "ceil",
          "clone",
          "contains",
          "count",
          "decodeUrl",
          "decodeUrlComponent",
          "distinct",
          "each",
          "encodeUrl",
          "encodeUrlComponent",
          "error",
          "exists",
          "filter",
          "floor",
          "formatBase",
          "formatInteger",
          "formatNumber",
          "fromMillis",
          "join",
          "keys",
          "length",
          "lookup",
          "lowercase",
          "map",
          "match",
          "max",
          "merge",
          "millis",
          "min",
          "not",
          "now",
          "number",
          "pad",
          "parseInteger",
          "power",
          "reduce",
          "replace",
          "reverse",
          "round",
          "shuffle",
          "sift",
          "single",
          "sort",
          "split",
          "spread",
          "sqrt",
          "string",
          "substring",
          "substringAfter",
          "substringBefore",
          "sum",
          "toMillis",
          "trim",
          "type",
          "uppercase",
          "zip");

  private JsonataFunctions() {}

  static boolean isKnown(String name) {
    return ADDED.contains(name) || BUILT_IN.contains(name);
  }

  static void bind(Jsonata.Frame frame) {
    bind(frame, "partition", "<an:a>", JsonataFunctions::partition);
    bind(frame, "range", "<nnn:a>", JsonataFunctions::range);
    bind(frame, "hash", "<ss:s>", JsonataFunctions::hash);
    bind(frame, "random", "<n?:n>", JsonataFunctions::random);
    bind(frame, "uuid", "<:s>", arguments -> UUID.randomUUID().toString());
    bind(frame, "parse", "<s:x>", JsonataFunctions::parse);
  }

  private interface Body {
    @Nullable Object apply(List<?> arguments);
  }

  private static void bind(Jsonata.Frame frame, String name, String signature, Body body) {
    frame.bind(name, new Jsonata.JFunction((input, arguments) -> body.apply(arguments), signature));
  }

  private static @Nullable Object partition(List<?> arguments) {
    @Nullable Object first = arguments.get(0);
    if (first == null) {
      return null;
    }
    List<?> array = (List<?>) first;
    int size = integer(arguments.get(1), "the size of $partition");
    if (size <= 0) {
      throw new IllegalArgumentException("The size of $partition must be positive, not " + size);
    }
    List<Object> chunks = new ArrayList<>();
    for (int i = 0; i < array.size(); i += size) {
      chunks.add(new ArrayList<>(array.subList(i, Math.min(array.size(), i + size))));
    }
    return chunks;
  }

  private static Object range(List<?> arguments) {
    int first = integer(arguments.get(0), "the start of $range");
    int last = integer(arguments.get(1), "the end of $range");
    int step = integer(arguments.get(2), "the step of $range");
    if (step == 0) {
      throw new IllegalArgumentException("The step of $range must not be 0");
    }
    List<Object> values = new ArrayList<>();
    for (long i = first; step > 0 ? i <= last : i >= last; i += step) {
      if (values.size() == MAX_RANGE) {
        throw new IllegalArgumentException("$range makes more than " + MAX_RANGE + " values");
      }
      values.add((int) i);
    }
    return values;
  }

  private static Object hash(List<?> arguments) {
    String algorithm = String.valueOf(arguments.get(1));
    if (!Set.of("MD5", "SHA-1", "SHA-256", "SHA-384", "SHA-512").contains(algorithm)) {
      throw new IllegalArgumentException("$hash does not know the algorithm '" + algorithm + "'");
    }
    try {
      byte[] data = String.valueOf(arguments.get(0)).getBytes(StandardCharsets.UTF_8);
      return HexFormat.of().formatHex(MessageDigest.getInstance(algorithm).digest(data));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Object random(List<?> arguments) {
    @Nullable Object seed = arguments.isEmpty() ? null : arguments.getFirst();
    return seed instanceof Number number
        ? new Random(number.longValue()).nextDouble()
        : ThreadLocalRandom.current().nextDouble();
  }

  private static @Nullable Object parse(List<?> arguments) {
    @Nullable Object text = arguments.getFirst();
    if (text == null) {
      return null;
    }
    try {
      return JsonValues.fromJson(JsonValues.parse((String) text));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("$parse: " + e.getOriginalMessage(), e);
    }
  }

  private static int integer(@Nullable Object value, String what) {
    if (value instanceof Number number
        && number.doubleValue() == Math.rint(number.doubleValue())
        && Math.abs(number.doubleValue()) <= Integer.MAX_VALUE) {
      return number.intValue();
    }
    throw new IllegalArgumentException(what + " must be an integer, not " + value);
  }
}

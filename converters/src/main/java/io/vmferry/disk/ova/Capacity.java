package io.vmferry.disk.ova;

import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;

/** A disk's {@code ovf:capacity} with its {@code ovf:capacityAllocationUnits}, as bytes. */
final class Capacity {
  private static final int MAX_EXPONENT = 62;

  private Capacity() {}

  /**
   * The capacity in bytes; empty if it is no number, negative, more than a long holds, or in a unit
   * that is not known. A size that cannot be understood is no reason to refuse an OVF: the images
   * know theirs.
   *
   * @param capacity a number, or the name of a property: {@code ${disksize}}
   * @param units {@code byte * 2^30}, {@code GigaBytes} and so on; bytes if empty
   * @param properties the values of the OVF's properties by their keys
   */
  static OptionalLong parse(String capacity, String units, Map<String, String> properties) {
    String text = capacity.strip();
    if (text.startsWith("${") && text.endsWith("}")) {
      text = properties.getOrDefault(text.substring(2, text.length() - 1), "").strip();
    }
    OptionalLong count = number(text);
    OptionalLong unit = unit(units.toLowerCase(Locale.ROOT).replaceAll("\\s", ""));
    return count.isPresent() && unit.isPresent()
        ? product(count.getAsLong(), unit.getAsLong())
        : OptionalLong.empty();
  }

  private static OptionalLong unit(String units) {
    return switch (units) {
      case "", "b" -> OptionalLong.of(1);
      case "kilobytes", "kilobyte", "kb", "kib" -> OptionalLong.of(1L << 10);
      case "megabytes", "megabyte", "mb", "mib" -> OptionalLong.of(1L << 20);
      case "gigabytes", "gigabyte", "gb", "gib" -> OptionalLong.of(1L << 30);
      case "terabytes", "terabyte", "tb", "tib" -> OptionalLong.of(1L << 40);
      default -> factors(units);
    };
  }

  /** DSP0004's programmatic units: {@code byte*2^30}, {@code byte*1024*1024}. */
  private static OptionalLong factors(String units) {
    String[] factors = units.split("\\*", -1);
    if (!factors[0].equals("byte") && !factors[0].equals("bytes")) {
      return OptionalLong.empty();
    }
    OptionalLong product = OptionalLong.of(1);
    for (int i = 1; i < factors.length && product.isPresent(); i++) {
      OptionalLong factor = power(factors[i]);
      product =
          factor.isPresent()
              ? product(product.getAsLong(), factor.getAsLong())
              : OptionalLong.empty();
    }
    return product;
  }

  private static OptionalLong power(String factor) {
    int caret = factor.indexOf('^');
    if (caret < 0) {
      return number(factor);
    }
    OptionalLong base = number(factor.substring(0, caret));
    OptionalLong exponent = number(factor.substring(caret + 1));
    if (base.isEmpty() || exponent.isEmpty() || exponent.getAsLong() > MAX_EXPONENT) {
      return OptionalLong.empty();
    }
    OptionalLong power = OptionalLong.of(1);
    for (long i = 0; i < exponent.getAsLong() && power.isPresent(); i++) {
      power = product(power.getAsLong(), base.getAsLong());
    }
    return power;
  }

  private static OptionalLong product(long one, long other) {
    long high = Math.multiplyHigh(one, other);
    long low = one * other;
    return high == 0 && low >= 0 ? OptionalLong.of(low) : OptionalLong.empty();
  }

  private static OptionalLong number(String text) {
    // 18 digits always fit.
    boolean digits =
        !text.isEmpty() && text.length() <= 18 && text.chars().allMatch(c -> c >= '0' && c <= '9');
    return digits ? OptionalLong.of(Long.parseLong(text)) : OptionalLong.empty();
  }
}

package io.vmferry.guest.linux.boot;

import java.util.ArrayList;
import java.util.List;

/** A kernel command line as a list of parameters; blanks in double quotes do not end one. */
final class KernelParameters {
  private KernelParameters() {}

  /** Splits a line at its blanks. Where a quote is left open, quotes mean nothing. */
  static List<String> split(String line) {
    boolean quotes = line.chars().filter(c -> c == '"').count() % 2 == 0;
    List<String> parameters = new ArrayList<>();
    StringBuilder current = new StringBuilder();
    boolean quoted = false;
    for (int i = 0; i < line.length(); i++) {
      char c = line.charAt(i);
      if (quotes && c == '"') {
        quoted = !quoted;
      }
      if (!quoted && (c == ' ' || c == '\t')) {
        if (!current.isEmpty()) {
          parameters.add(current.toString());
          current.setLength(0);
        }
      } else {
        current.append(c);
      }
    }
    if (!current.isEmpty()) {
      parameters.add(current.toString());
    }
    return parameters;
  }

  /** Adds a parameter in front of those that are init's, behind {@code --}. */
  static void add(List<String> parameters, String parameter) {
    int end = parameters.size();
    for (String separator : List.of("--", "---")) {
      int at = parameters.indexOf(separator);
      end = at >= 0 ? Math.min(end, at) : end;
    }
    parameters.add(end, parameter);
  }

  /** What follows a parameter's equals sign, without quotes around it. */
  static String value(String parameter) {
    String value = parameter.substring(parameter.indexOf('=') + 1);
    return value.length() >= 2 && value.startsWith("\"") && value.endsWith("\"")
        ? value.substring(1, value.length() - 1)
        : value;
  }
}

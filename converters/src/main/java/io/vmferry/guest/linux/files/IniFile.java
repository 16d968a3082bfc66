package io.vmferry.guest.linux.files;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * A file of sections with assignments, as NetworkManager's and systemd's are. Comments and the
 * order of the lines stay. Immutable.
 */
public final class IniFile {
  /** A line and the section it is in; a section's head is in its section. */
  private record Line(String section, String text) {
    Optional<String> key() {
      int equals = text.indexOf('=');
      String start = text.stripLeading();
      boolean comment = start.startsWith("#") || start.startsWith(";") || start.startsWith("[");
      return equals < 0 || comment
          ? Optional.empty()
          : Optional.of(text.substring(0, equals).strip());
    }

    String value() {
      return text.substring(text.indexOf('=') + 1).strip();
    }
  }

  private final List<Line> lines;

  private IniFile(List<Line> lines) {
    this.lines = List.copyOf(lines);
  }

  /** The sections of a text. */
  public static IniFile of(String text) {
    List<Line> lines = new ArrayList<>();
    String section = "";
    for (String line : text.lines().toList()) {
      String stripped = line.strip();
      if (stripped.startsWith("[") && stripped.endsWith("]")) {
        section = stripped.substring(1, stripped.length() - 1);
      }
      lines.add(new Line(section, line));
    }
    return new IniFile(lines);
  }

  /** The values of a key in every section of a name, in their order. */
  public List<String> all(String section, String key) {
    return lines.stream()
        .filter(line -> line.section().equals(section))
        .filter(line -> line.key().filter(key::equals).isPresent())
        .map(Line::value)
        .toList();
  }

  /** The last value of a key. */
  public Optional<String> get(String section, String key) {
    List<String> values = all(section, key);
    return values.isEmpty() ? Optional.empty() : Optional.of(values.getLast());
  }

  /** Whether there is such a section. */
  public boolean has(String section) {
    return lines.stream().anyMatch(line -> line.section().equals(section));
  }

  /** This without the keys of such names in a section. */
  public IniFile without(String section, Predicate<String> keys) {
    return new IniFile(
        lines.stream()
            .filter(line -> !line.section().equals(section) || line.key().filter(keys).isEmpty())
            .toList());
  }

  /** This without whole sections. */
  public IniFile withoutSections(Predicate<String> sections) {
    return new IniFile(lines.stream().filter(line -> !sections.test(line.section())).toList());
  }

  /** This with a key changed where it stands, or at its section's end, or in a new section. */
  public IniFile with(String section, String key, String value) {
    if (get(section, key).filter(value::equals).isPresent() && all(section, key).size() == 1) {
      return this;
    }
    List<Line> changed = new ArrayList<>();
    Line line = new Line(section, key + "=" + value);
    int place = -1;
    boolean done = false;
    for (Line old : lines) {
      boolean here = old.section().equals(section);
      if (!here || old.key().filter(key::equals).isEmpty()) {
        changed.add(old);
        if (here && !old.text().isBlank()) {
          place = changed.size();
        }
      } else if (!done) {
        changed.add(line);
        done = true;
      }
    }
    if (!done && place >= 0) {
      changed.add(place, line);
    } else if (!done) {
      if (!changed.isEmpty() && !changed.getLast().text().isBlank()) {
        changed.add(new Line(changed.getLast().section(), ""));
      }
      changed.add(new Line(section, "[" + section + "]"));
      changed.add(line);
    }
    return new IniFile(changed);
  }

  /** The text, every line with its end. */
  public String text() {
    StringBuilder text = new StringBuilder();
    lines.forEach(line -> text.append(line.text()).append('\n'));
    return text.toString();
  }
}

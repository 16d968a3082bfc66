package io.vmferry.guest.linux.network;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The text of {@code /etc/network/interfaces} or a file it includes: interfaces(5). */
final class InterfacesFile {
  private static final Set<String> HEADS =
      Set.of("iface", "mapping", "source", "source-directory", "rename", "auto");

  /** What begins with a keyword: the words of its head, and its options. */
  private record Stanza(List<String> head, List<List<String>> options) {
    String keyword() {
      return head.getFirst();
    }

    boolean isSelection() {
      return keyword().equals("auto")
          || keyword().startsWith("allow-")
          || keyword().startsWith("no-");
    }

    String first() {
      return head.size() > 1 ? head.get(1) : "";
    }

    boolean isPrivateBridge() {
      return options.stream()
          .anyMatch(
              option ->
                  option.getFirst().matches("bridge[_-]ports")
                      && option.subList(1, option.size()).equals(List.of("none")));
    }

    /** Whether it configures, names or maps what may be a network card or is made of some. */
    boolean isOfCard() {
      return switch (keyword()) {
        case "iface", "mapping" -> Interfaces.mayBeCard(first()) && !isPrivateBridge();
        case "rename" -> true;
        default -> false;
      };
    }
  }

  private record Line(String text, @Nullable Stanza stanza, boolean isHead) {}

  private final List<Line> lines;

  private InterfacesFile(List<Line> lines) {
    this.lines = lines;
  }

  static InterfacesFile of(String text) {
    List<Line> lines = new ArrayList<>();
    Stanza stanza = null;
    boolean continued = false;
    for (String line : text.lines().toList()) {
      List<String> words = words(line);
      boolean comment = !words.isEmpty() && words.getFirst().startsWith("#");
      if (continued && stanza != null) {
        if (stanza.isSelection()) {
          stanza.head().addAll(words);
        }
        lines.add(new Line(line, stanza, false));
      } else if (words.isEmpty() || (comment && !Character.isWhitespace(line.charAt(0)))) {
        lines.add(new Line(line, null, false));
      } else if (!comment && isHead(words.getFirst())) {
        stanza = new Stanza(new ArrayList<>(words), new ArrayList<>());
        lines.add(new Line(line, stanza, true));
      } else {
        if (!comment && stanza != null) {
          stanza.options().add(words);
        }
        lines.add(new Line(line, stanza, false));
      }
      continued = line.endsWith("\\");
    }
    return new InterfacesFile(lines);
  }

  /** Whether it configures a network card. */
  boolean hasCards() {
    return stanzas().anyMatch(stanza -> stanza.keyword().equals("iface") && stanza.isOfCard());
  }

  /** The files it includes, as patterns: those of {@code source-directory} end with a slash. */
  List<String> includes() {
    return stanzas()
        .filter(stanza -> stanza.keyword().startsWith("source") && !stanza.first().isEmpty())
        .map(
            stanza ->
                stanza.keyword().equals("source")
                    ? stanza.first()
                    : stanza.first().replaceAll("/+$", "") + "/")
        .toList();
  }

  /** The text without anything that configures a network card or starts one. */
  String withoutCards() {
    Set<String> kept =
        stanzas()
            .filter(stanza -> stanza.keyword().equals("iface") && !stanza.isOfCard())
            .map(Stanza::first)
            .collect(Collectors.toSet());
    StringBuilder text = new StringBuilder();
    for (Line line : lines) {
      Stanza stanza = line.stanza();
      if (stanza == null || !(stanza.isOfCard() || stanza.isSelection())) {
        text.append(line.text()).append('\n');
      } else if (stanza.isSelection() && line.isHead()) {
        text.append(selection(line.text(), stanza, kept));
      }
    }
    return text.toString();
  }

  private static String selection(String line, Stanza stanza, Set<String> kept) {
    List<String> all = stanza.head().subList(1, stanza.head().size());
    List<String> names =
        all.stream()
            .filter(name -> !name.equals("\\"))
            .filter(name -> kept.contains(name) || !Interfaces.mayBeCard(name))
            .toList();
    if (names.isEmpty()) {
      return "";
    }
    return names.equals(all)
        ? line + "\n"
        : stanza.keyword() + " " + String.join(" ", names) + "\n";
  }

  private Stream<Stanza> stanzas() {
    return lines.stream().filter(Line::isHead).flatMap(line -> Stream.ofNullable(line.stanza()));
  }

  private static boolean isHead(String word) {
    return HEADS.contains(word) || word.startsWith("allow-") || word.startsWith("no-auto");
  }

  private static List<String> words(String line) {
    return Arrays.stream(line.strip().split("\\s+", -1)).filter(word -> !word.isEmpty()).toList();
  }
}

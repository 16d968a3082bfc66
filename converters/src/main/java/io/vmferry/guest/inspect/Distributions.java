package io.vmferry.guest.inspect;

import io.vmferry.guest.Distribution;
import io.vmferry.guest.Distribution.Family;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Tells a guest's distribution: by os-release(5), then lsb-release, then the release files that
 * each distribution had before, which also know the minor release that some os-release lack.
 */
final class Distributions {
  private static final Pattern NUMBERS = Pattern.compile("([0-9]{1,6})(?:\\.([0-9]{1,4}))?.*");
  private static final Pattern RELEASE =
      Pattern.compile("(.*?)\\s*(?:Linux )?release ([0-9]{1,4})(?:\\.([0-9]{1,4}))?.*");
  private static final Set<String> ROLLING =
      Set.of("opensuse-tumbleweed", "opensuse-microos", "arch", "kali");
  private static final Set<String> WHOLE = Set.of("fedora", "amzn");

  /** Release files with the ID that os-release would have; the more special ones first. */
  private static final List<Map.Entry<String, String>> FILES =
      List.of(
          Map.entry("/etc/oracle-release", "ol"),
          Map.entry("/etc/enterprise-release", "ol"),
          Map.entry("/etc/rocky-release", "rocky"),
          Map.entry("/etc/almalinux-release", "almalinux"),
          Map.entry("/etc/centos-release", "centos"),
          Map.entry("/etc/fedora-release", "fedora"),
          Map.entry("/etc/system-release", ""),
          Map.entry("/etc/redhat-release", ""));

  private Distributions() {}

  /** The distribution; empty if nothing in {@code /etc} tells one. */
  static Optional<Distribution> read(GuestReader reader) throws IOException {
    for (String path : List.of("/etc/os-release", "/usr/lib/os-release")) {
      Map<String, String> release = assignments(reader.lines(path));
      if (release.containsKey("ID")) {
        return Optional.of(ofOsRelease(reader, release));
      }
    }
    Optional<Distribution> found = ofLsbRelease(reader);
    if (found.isEmpty()) {
      found = ofReleaseFiles(reader);
    }
    if (found.isEmpty()) {
      found = ofSuseRelease(reader);
    }
    return found.isPresent() ? found : ofDebianVersion(reader);
  }

  private static Distribution ofOsRelease(GuestReader reader, Map<String, String> release)
      throws IOException {
    String id = release.getOrDefault("ID", "").toLowerCase(Locale.ROOT);
    String version = release.getOrDefault("VERSION_ID", "");
    String name =
        release.getOrDefault(
            "PRETTY_NAME", (release.getOrDefault("NAME", id) + " " + version).strip());
    Family family = family(id, release.getOrDefault("ID_LIKE", ""));
    if (ROLLING.contains(id)) {
      return new Distribution(family, id, OptionalInt.empty(), OptionalInt.empty(), show(name));
    }
    Matcher numbers = NUMBERS.matcher(version);
    OptionalInt major = numbers.matches() ? number(numbers.group(1)) : OptionalInt.empty();
    OptionalInt minor = numbers.matches() ? number(numbers.group(2)) : OptionalInt.empty();
    if (minor.isEmpty() && major.isPresent() && !WHOLE.contains(id)) {
      minor = minorElsewhere(reader, family, major.getAsInt());
    }
    return new Distribution(family, id, major, minor, show(name));
  }

  private static OptionalInt minorElsewhere(GuestReader reader, Family family, int major)
      throws IOException {
    if (family == Family.DEBIAN) {
      return reader.lines("/etc/debian_version").stream()
          .map(NUMBERS::matcher)
          .filter(Matcher::matches)
          .filter(version -> Integer.parseInt(version.group(1)) == major)
          .map(version -> number(version.group(2)))
          .findFirst()
          .orElse(OptionalInt.empty());
    }
    for (Map.Entry<String, String> file : FILES) {
      Optional<Matcher> line = releaseLine(reader, file.getKey());
      if (line.isPresent() && Integer.parseInt(line.get().group(2)) == major) {
        return number(line.get().group(3));
      }
    }
    return OptionalInt.empty();
  }

  private static Optional<Distribution> ofLsbRelease(GuestReader reader) throws IOException {
    Map<String, String> release = assignments(reader.lines("/etc/lsb-release"));
    String id = release.getOrDefault("DISTRIB_ID", "").toLowerCase(Locale.ROOT);
    Matcher version = NUMBERS.matcher(release.getOrDefault("DISTRIB_RELEASE", ""));
    if (id.isEmpty() || !version.matches()) {
      return Optional.empty();
    }
    String name = release.getOrDefault("DISTRIB_DESCRIPTION", id + " " + version.group());
    return Optional.of(
        new Distribution(
            family(id, ""), id, number(version.group(1)), number(version.group(2)), show(name)));
  }

  private static Optional<Distribution> ofReleaseFiles(GuestReader reader) throws IOException {
    for (Map.Entry<String, String> file : FILES) {
      Optional<Matcher> line = releaseLine(reader, file.getKey());
      if (line.isPresent()) {
        String id = file.getValue().isEmpty() ? idOf(line.get().group(1)) : file.getValue();
        return Optional.of(
            new Distribution(
                family(id, "rhel"),
                id,
                number(line.get().group(2)),
                WHOLE.contains(id) && !id.equals("amzn")
                    ? OptionalInt.empty()
                    : number(line.get().group(3)),
                show(line.get().group().strip())));
      }
    }
    return Optional.empty();
  }

  private static Optional<Distribution> ofSuseRelease(GuestReader reader) throws IOException {
    List<String> lines = reader.lines("/etc/SuSE-release");
    if (lines.isEmpty()) {
      return Optional.empty();
    }
    Map<String, String> values = assignments(lines);
    String name = lines.getFirst().strip();
    Matcher version = NUMBERS.matcher(values.getOrDefault("VERSION", ""));
    boolean open = name.toLowerCase(Locale.ROOT).contains("opensuse");
    OptionalInt major = version.matches() ? number(version.group(1)) : OptionalInt.empty();
    OptionalInt minor =
        open
            ? version.matches() ? number(version.group(2)) : OptionalInt.empty()
            : number(values.get("PATCHLEVEL"));
    return Optional.of(
        new Distribution(Family.SUSE, open ? "opensuse" : "sles", major, minor, show(name)));
  }

  private static Optional<Distribution> ofDebianVersion(GuestReader reader) throws IOException {
    Optional<String> line = reader.lines("/etc/debian_version").stream().findFirst();
    if (line.isEmpty()) {
      return Optional.empty();
    }
    Matcher version = NUMBERS.matcher(line.get().strip());
    boolean numbered = version.matches();
    return Optional.of(
        new Distribution(
            Family.DEBIAN,
            "debian",
            numbered ? number(version.group(1)) : OptionalInt.empty(),
            numbered ? number(version.group(2)) : OptionalInt.empty(),
            show("Debian GNU/Linux " + line.get().strip())));
  }

  private static Optional<Matcher> releaseLine(GuestReader reader, String path) throws IOException {
    return reader.lines(path).stream()
        .limit(5)
        .map(RELEASE::matcher)
        .filter(Matcher::matches)
        .findFirst();
  }

  private static String idOf(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    if (lower.startsWith("amazon")) {
      return "amzn";
    }
    if (lower.startsWith("centos")) {
      return "centos";
    }
    if (lower.startsWith("fedora")) {
      return "fedora";
    }
    if (lower.startsWith("scientific")) {
      return "scientific";
    }
    return lower.startsWith("oracle") || lower.startsWith("enterprise") ? "ol" : "rhel";
  }

  private static Family family(String id, String like) {
    return switch (id) {
      case "debian", "ubuntu", "linuxmint", "kali", "raspbian", "devuan" -> Family.DEBIAN;
      case "rhel", "centos", "ol", "fedora", "almalinux", "rocky", "scientific" -> Family.RED_HAT;
      case "sles", "sled", "sles_sap", "opensuse", "suse" -> Family.SUSE;
      case "amzn" -> Family.AMAZON;
      default ->
          familyLike(
              id, new HashSet<>(Arrays.asList(like.toLowerCase(Locale.ROOT).split("\\s+", -1))));
    };
  }

  private static Family familyLike(String id, Set<String> like) {
    if (id.startsWith("opensuse") || id.startsWith("sle") || like.contains("suse")) {
      return Family.SUSE;
    }
    if (like.contains("debian") || like.contains("ubuntu")) {
      return Family.DEBIAN;
    }
    boolean red = like.contains("rhel") || like.contains("fedora") || like.contains("centos");
    return red ? Family.RED_HAT : Family.OTHER;
  }

  /** Shell assignments, as os-release(5) has them; blanks around the equals sign are let pass. */
  static Map<String, String> assignments(List<String> lines) {
    Map<String, String> values = new HashMap<>();
    for (String line : lines) {
      int equals = line.indexOf('=');
      if (equals > 0 && !line.stripLeading().startsWith("#")) {
        values.put(line.substring(0, equals).strip(), unquote(line.substring(equals + 1).strip()));
      }
    }
    return values;
  }

  private static String unquote(String value) {
    boolean quoted =
        value.length() > 1
            && (value.charAt(0) == '"' || value.charAt(0) == '\'')
            && value.charAt(value.length() - 1) == value.charAt(0);
    return quoted ? value.substring(1, value.length() - 1) : value;
  }

  private static OptionalInt number(@Nullable String digits) {
    return digits == null || !digits.matches("[0-9]{1,6}")
        ? OptionalInt.empty()
        : OptionalInt.of(Integer.parseInt(digits));
  }

  private static String show(String name) {
    return GuestReader.printable(name);
  }
}

package io.vmferry.guest;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * A guest that cannot be built here, laid out as its release does it: its files in memory and what
 * lies on its disks. One text resource each, {@code synthetic/NAME.guest}:
 *
 * <pre>
 * # Comments, and what the machine has:
 * disk 0 40G gpt
 * partition 0 1 2048 1M 21686148-6449-6E6F-744E-656564454649
 * filesystem /dev/sda2 xfs disk=0 partition=2 uuid=... label=... partuuid=... mount=/boot
 * filesystem /dev/sda3 btrfs subvolumes=@,@/home uuid=... mount=/
 * === /etc/fstab
 * A file of mode 0644: the lines up to the next section are its content.
 * === /usr/local/bin/run 0755
 * Another mode.
 * === /etc/ssl/
 * === /etc/localtime -> ../usr/share/zoneinfo/UTC
 * === /dev/initctl special
 * === /usr/bin/bash 0755 elf x86_64
 * === /boot/vmlinuz-6.1.0-18-amd64 0644 kernel 6.1.0-18-amd64
 * === /boot/initrd.img-6.1.0-18-amd64 0644 initramfs microcode zstd
 * usr/lib/modules/6.1.0-18-amd64/kernel/drivers/nvme/host/nvme.ko
 * === /boot/grub2/grubenv 0644 grubenv
 * saved_entry=0
 * === /var/lib/rpm/Packages 0644 base64
 * AAAA
 * </pre>
 *
 * <p>{@code disk INDEX SIZE mbr|gpt|none}; {@code partition DISK NUMBER FIRST-SECTOR SIZE TYPE
 * [active] [uuid=…]}. Sizes are a number with {@code K}, {@code M} or {@code G}. A line of content
 * that begins with {@code ===} is written with a backslash in front. Empty lines at a file's end
 * are not its content. An initramfs's lines are the names of the files in it.
 *
 * <p>A guest is made anew by every {@link #load}: tests change their own.
 *
 * @param name the resource's name
 * @param files its files, everything mounted
 * @param disks its disks
 * @param fileSystems what lies on them, with the mount points its fstab says
 */
public record SyntheticGuest(
    String name, InMemoryGuest files, List<DiskFacts> disks, List<FileSystemFacts> fileSystems) {
  private static final int SECTOR = 512;

  /** Reads {@code synthetic/NAME.guest} beside this class. */
  public static SyntheticGuest load(String name) {
    String resource = "synthetic/" + name + ".guest";
    try (InputStream in = SyntheticGuest.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalArgumentException("there is no " + resource);
      }
      return parse(name, new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Reads a guest from text. */
  public static SyntheticGuest parse(String name, String text) {
    Parser parser = new Parser();
    List<String> lines = text.lines().toList();
    int i = 0;
    for (; i < lines.size() && !isSection(lines.get(i)); i++) {
      parser.machine(lines.get(i));
    }
    while (i < lines.size()) {
      int end = i + 1;
      while (end < lines.size() && !isSection(lines.get(end))) {
        end++;
      }
      parser.section(lines.get(i).substring(4).strip(), lines.subList(i + 1, end));
      i = end;
    }
    return parser.guest(name);
  }

  /**
   * What is different between two guests, in this format, for goldens: every path that is new or
   * changed with its content, and those that are gone. Content that is no text is told by its
   * length.
   */
  public static String difference(InMemoryGuest before, InMemoryGuest after) {
    StringBuilder text = new StringBuilder();
    for (String path : before.paths()) {
      if (after.status(path).isEmpty()) {
        text.append("--- ").append(path).append('\n');
      }
    }
    for (String path : after.paths()) {
      FileStatus is = after.status(path).orElseThrow();
      Optional<FileStatus> was = before.status(path);
      boolean same =
          was.isPresent()
              && was.get().equals(is)
              && (!is.isRegular() || Arrays.equals(before.contentOf(path), after.contentOf(path)));
      if (!same) {
        text.append(describe(after, path, is));
      }
    }
    return text.toString();
  }

  private static String describe(InMemoryGuest guest, String path, FileStatus status) {
    return switch (status.type()) {
      case DIRECTORY -> "=== " + path + "/ %04o%n".formatted(status.mode());
      case SYMLINK -> "=== " + path + " -> " + status.linkTarget().orElseThrow() + "\n";
      case SPECIAL -> "=== " + path + " special\n";
      case REGULAR -> {
        byte[] bytes = guest.contentOf(path);
        String text = new String(bytes, StandardCharsets.UTF_8);
        boolean isText =
            text.indexOf('\0') < 0 && Arrays.equals(text.getBytes(StandardCharsets.UTF_8), bytes);
        String content = isText ? text : "(%d bytes)\n".formatted(bytes.length);
        String end = content.isEmpty() || content.endsWith("\n") ? "" : "\n\\ no end of line\n";
        yield "=== %s %04o%n".formatted(path, status.mode())
            + content.replaceAll("(?m)^===", "\\\\===")
            + end;
      }
    };
  }

  private static boolean isSection(String line) {
    return line.startsWith("=== ");
  }

  /** Builds one guest from its lines. */
  private static final class Parser {
    private final InMemoryGuest files = new InMemoryGuest();
    private final List<DiskFacts> disks = new ArrayList<>();
    private final List<FileSystemFacts> fileSystems = new ArrayList<>();

    SyntheticGuest guest(String name) {
      return new SyntheticGuest(name, files, List.copyOf(disks), List.copyOf(fileSystems));
    }

    void machine(String line) {
      List<String> words = words(line);
      if (words.isEmpty() || words.getFirst().startsWith("#")) {
        return;
      }
      switch (words.getFirst()) {
        case "disk" ->
            disks.add(
                new DiskFacts(
                    Integer.parseInt(words.get(1)),
                    size(words.get(2)),
                    DiskFacts.PartitionTable.valueOf(words.get(3).toUpperCase(Locale.ROOT)),
                    List.of()));
        case "partition" -> partition(words);
        case "filesystem" -> fileSystem(words);
        default -> throw new IllegalArgumentException("what is '" + line + "'?");
      }
    }

    private void partition(List<String> words) {
      int disk = Integer.parseInt(words.get(1));
      DiskFacts old = disks.get(disk);
      List<DiskFacts.Partition> partitions = new ArrayList<>(old.partitions());
      partitions.add(
          new DiskFacts.Partition(
              Integer.parseInt(words.get(2)),
              Long.parseLong(words.get(3)) * SECTOR,
              size(words.get(4)),
              words.get(5),
              words.contains("active"),
              Optional.ofNullable(options(words).get("uuid"))));
      disks.set(
          disk, new DiskFacts(old.index(), old.bytes(), old.table(), List.copyOf(partitions)));
    }

    private void fileSystem(List<String> words) {
      Map<String, String> options = options(words);
      fileSystems.add(
          new FileSystemFacts(
              words.get(1),
              words.get(2),
              number(options.get("disk")),
              number(options.get("partition")),
              Optional.ofNullable(options.get("uuid")),
              Optional.ofNullable(options.get("label")),
              Optional.ofNullable(options.get("partuuid")),
              options.containsKey("subvolumes")
                  ? List.of(options.get("subvolumes").split(",", -1))
                  : List.of(),
              Optional.ofNullable(options.get("mount"))));
    }

    void section(String head, List<String> content) {
      int arrow = head.indexOf(" -> ");
      if (arrow > 0) {
        files.link(head.substring(0, arrow), head.substring(arrow + 4));
        return;
      }
      List<String> words = words(head);
      String path = words.getFirst();
      if (path.endsWith("/")) {
        files.directory(path.substring(0, path.length() - 1));
      } else if (words.contains("special")) {
        files.special(path);
      } else {
        int mode = words.size() > 1 ? Integer.parseInt(words.get(1), 8) : 0644;
        List<String> kind = words.size() > 2 ? words.subList(2, words.size()) : List.of("text");
        files.file(path, bytes(kind, trimmed(content)), mode);
      }
    }

    private static byte[] bytes(List<String> kind, List<String> lines) {
      return switch (kind.getFirst()) {
        case "text" -> text(lines).getBytes(StandardCharsets.UTF_8);
        case "base64" -> Base64.getDecoder().decode(String.join("", lines));
        case "elf" -> SyntheticBinaries.elf(kind.get(1));
        case "kernel" -> SyntheticBinaries.kernel(kind.get(1));
        case "grubenv" -> SyntheticBinaries.grubEnvironment(lines);
        case "initramfs" -> SyntheticBinaries.initramfs(kind.subList(1, kind.size()), lines);
        default -> throw new IllegalArgumentException("what is '" + kind + "'?");
      };
    }

    private static String text(List<String> lines) {
      StringBuilder text = new StringBuilder();
      for (String line : lines) {
        text.append(line.startsWith("\\===") ? line.substring(1) : line).append('\n');
      }
      return text.toString();
    }

    private static List<String> trimmed(List<String> lines) {
      int end = lines.size();
      while (end > 0 && lines.get(end - 1).isBlank()) {
        end--;
      }
      return lines.subList(0, end);
    }

    private static List<String> words(String line) {
      return Arrays.stream(line.strip().split("\\s+", -1)).filter(word -> !word.isEmpty()).toList();
    }

    private static Map<String, String> options(List<String> words) {
      Map<String, String> options = new HashMap<>();
      for (String word : words) {
        int equals = word.indexOf('=');
        if (equals > 0) {
          options.put(word.substring(0, equals), word.substring(equals + 1));
        }
      }
      return options;
    }

    private static OptionalInt number(@Nullable String text) {
      return text == null ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(text));
    }

    private static long size(String text) {
      int last = text.length() - 1;
      return switch (text.charAt(last)) {
        case 'K' -> Long.parseLong(text.substring(0, last)) << 10;
        case 'M' -> Long.parseLong(text.substring(0, last)) << 20;
        case 'G' -> Long.parseLong(text.substring(0, last)) << 30;
        default -> Long.parseLong(text);
      };
    }
  }
}

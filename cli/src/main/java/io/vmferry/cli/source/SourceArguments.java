package io.vmferry.cli.source;

import io.vmferry.disk.DiskFormat;
import io.vmferry.disk.DiskImage;
import io.vmferry.disk.ReferenceResolver;
import io.vmferry.disk.format.DiskImageFormats;
import io.vmferry.disk.io.ByteSource;
import io.vmferry.disk.io.FileByteSource;
import io.vmferry.disk.ova.MachinePackage;
import io.vmferry.disk.ova.OvaArchive;
import io.vmferry.disk.ova.OvfDisk;
import io.vmferry.disk.ova.OvfPackage;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Understands the arguments of an import. Files are opened, so that what cannot be imported is
 * refused before gigabytes of it are uploaded; only headers and directories are read.
 */
public final class SourceArguments {
  /** The formats that are packages of disks. */
  public static final List<String> PACKAGES = List.of("ova", "ovf");

  private static final Pattern URL = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]*://.*");

  private SourceArguments() {}

  /**
   * Understands one argument.
   *
   * @param argument a path, {@code s3://…} or {@code https://…}
   * @param format what the caller says it is: {@code ova}, {@code ovf} or a {@link DiskFormat}'s
   *     id; empty to find out
   * @throws VmferryException {@link ErrorCode#SOURCE_LOCATION_INVALID}, {@link
   *     ErrorCode#SOURCE_NOT_FOUND}, {@link ErrorCode#SOURCE_ACCESS_DENIED}, {@link
   *     ErrorCode#REFERENCE_MISSING}, {@link ErrorCode#REFERENCE_REFUSED}, or what is wrong with
   *     the image
   */
  public static Source parse(String argument, Optional<String> format) {
    Source source = locate(argument);
    return switch (source) {
      case Source.Remote remote -> remote;
      case Source.LocalFile local -> opened(local.file(), format);
    };
  }

  /**
   * Understands where an argument leads, without opening it; companions are left out.
   *
   * @throws VmferryException {@link ErrorCode#SOURCE_LOCATION_INVALID}, {@link
   *     ErrorCode#SOURCE_NOT_FOUND}, {@link ErrorCode#SOURCE_ACCESS_DENIED}
   */
  public static Source locate(String argument) {
    if (URL.matcher(argument).matches()) {
      String lower = argument.toLowerCase(Locale.ROOT);
      if (lower.startsWith("s3://") || lower.startsWith("https://")) {
        return new Source.Remote(argument);
      }
      throw new VmferryException(
          ErrorCode.SOURCE_LOCATION_INVALID,
          "the scheme '%s' is neither s3 nor https"
              .formatted(argument.substring(0, argument.indexOf(':'))));
    }
    try {
      return local(Path.of(argument));
    } catch (InvalidPathException e) {
      throw new VmferryException(
          ErrorCode.SOURCE_LOCATION_INVALID, "'%s' is no path".formatted(argument), e);
    }
  }

  private static Source local(Path argument) {
    try {
      Path file = Files.isDirectory(argument) ? descriptorIn(argument) : argument;
      if (!Files.exists(file)) {
        throw new NoSuchFileException(file.toString());
      }
      if (!Files.isRegularFile(file)) {
        throw new VmferryException(
            ErrorCode.SOURCE_LOCATION_INVALID, "%s is not a regular file".formatted(file));
      }
      return new Source.LocalFile(file, List.of());
    } catch (IOException e) {
      throw unreadable(argument, e);
    }
  }

  private static Source opened(Path file, Optional<String> format) {
    try {
      return new Source.LocalFile(file, companions(file, format));
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  private static VmferryException unreadable(Path argument, IOException failure) {
    return switch (failure) {
      case NoSuchFileException e ->
          new VmferryException(
              ErrorCode.SOURCE_NOT_FOUND, "there is no file %s".formatted(e.getFile()), e);
      case AccessDeniedException e ->
          new VmferryException(
              ErrorCode.SOURCE_ACCESS_DENIED, "%s may not be read".formatted(e.getFile()), e);
      default ->
          new VmferryException(
              ErrorCode.SOURCE_ACCESS_DENIED,
              "%s cannot be read: %s".formatted(argument, failure.getMessage()),
              failure);
    };
  }

  /** A folder stands for the one machine that is described in it. */
  private static Path descriptorIn(Path folder) throws IOException {
    List<Path> descriptors;
    try (Stream<Path> entries = Files.list(folder)) {
      descriptors = entries.filter(SourceArguments::isDescriptor).sorted().toList();
    }
    if (descriptors.size() != 1) {
      throw new VmferryException(
          ErrorCode.SOURCE_LOCATION_INVALID,
          "the folder %s has %d .ovf files; one is expected".formatted(folder, descriptors.size()));
    }
    return descriptors.getFirst();
  }

  private static boolean isDescriptor(Path file) {
    return file.toString().toLowerCase(Locale.ROOT).endsWith(".ovf");
  }

  private static List<Path> companions(Path file, Optional<String> format) throws IOException {
    Siblings siblings = new Siblings(file.toAbsolutePath());
    String declared = format.orElse("").toLowerCase(Locale.ROOT);
    ByteSource source = FileByteSource.open(file);
    if (declared.equals("ovf") || (declared.isEmpty() && isDescriptor(file))) {
      try (MachinePackage machine = OvfPackage.open(source, siblings)) {
        checkDisks(machine);
      }
    } else if (declared.equals("ova") || (declared.isEmpty() && isArchive(source))) {
      try (MachinePackage machine = OvaArchive.open(source)) {
        checkDisks(machine);
      }
    } else {
      checkImage(source, DiskFormat.of(declared), siblings);
    }
    return List.copyOf(siblings.found);
  }

  private static void checkDisks(MachinePackage machine) throws IOException {
    for (OvfDisk disk : machine.virtualSystem().disks()) {
      if (disk.fileName().isPresent()) {
        checkImage(machine.openDisk(disk), Optional.empty(), machine.resolver());
      }
    }
  }

  private static void checkImage(
      ByteSource source, Optional<DiskFormat> declared, ReferenceResolver references)
      throws IOException {
    try (DiskImage image = DiskImageFormats.open(source, declared, references)) {
      image.checkDirectory();
    }
  }

  private static boolean isArchive(ByteSource source) throws IOException {
    try {
      return OvaArchive.probe(source);
    } catch (IOException | RuntimeException failure) {
      source.close();
      throw failure;
    }
  }

  /** Opens the files beside an image and remembers them. */
  private static final class Siblings implements ReferenceResolver {
    private final Path image;
    private final Set<Path> found = new LinkedHashSet<>();
    private static final List<String> NO_FILES = List.of("", ".", "..");

    Siblings(Path image) {
      this.image = image;
    }

    @Override
    public ByteSource resolve(String name, String reference) throws IOException {
      if (NO_FILES.contains(reference)
          || reference.indexOf('/') >= 0
          || reference.indexOf('\\') >= 0
          || reference.indexOf('\0') >= 0) {
        throw new VmferryException(
            ErrorCode.REFERENCE_REFUSED,
            "%s names '%s', which is not the plain name of a file beside it"
                .formatted(name, reference));
      }
      Path file = image.resolveSibling(reference);
      if (!Files.isRegularFile(file)) {
        throw new VmferryException(
            ErrorCode.REFERENCE_MISSING,
            "%s names the file '%s', which is not beside it".formatted(name, reference));
      }
      ByteSource source = FileByteSource.open(file);
      found.add(file);
      return source;
    }
  }
}

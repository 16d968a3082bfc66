package io.vmferry.functions.upload;

import io.vmferry.disk.io.ByteSource;
import io.vmferry.disk.ova.OvfDisk;
import io.vmferry.disk.ova.OvfParser;
import io.vmferry.disk.vmdk.VmdkFile;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.port.ObjectStore;
import io.vmferry.functions.port.UploadedObjects;
import io.vmferry.functions.port.UploadedObjects.Listed;
import io.vmferry.functions.port.UploadedObjects.Uploaded;
import io.vmferry.functions.task.ObjectVersion;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What an uploaded object is to the machine it belongs to: the whole of it, the descriptor that
 * stands for a set of files, or a file of such a set. Sets are complete in any order of upload:
 * whichever file comes last, the set is looked at again.
 */
final class UploadSet {
  private static final Logger LOG = LoggerFactory.getLogger(UploadSet.class);

  /** The formats that the ends of names stand for; empty for those their bytes tell. */
  private static final Map<String, Optional<String>> IMAGES =
      Map.of(
          "ova", Optional.empty(),
          "ovf", Optional.empty(),
          "vmdk", Optional.empty(),
          "vhd", Optional.empty(),
          "vhdx", Optional.empty(),
          "qcow2", Optional.empty(),
          "vdi", Optional.empty(),
          "raw", Optional.of("raw"),
          "img", Optional.of("raw"));

  /** Names that exporters give to the disks of an OVF. */
  private static final Pattern DISK_OF_OVF =
      Pattern.compile(".*-disk\\d{1,4}\\.(vmdk|vhd|vhdx|img)", Pattern.CASE_INSENSITIVE);

  /** Names that VMware gives to the extents of a split or flat disk. */
  private static final Pattern EXTENT =
      Pattern.compile(".*-([sf]\\d{3,4}|flat)\\.vmdk", Pattern.CASE_INSENSITIVE);

  private static final int MOST_LISTED = 1000;
  private static final int MOST_DESCRIPTORS = 20;
  private static final int LARGEST_VMDK_DESCRIPTOR = 1 << 20;

  private final UploadedObjects uploaded;
  private final ObjectStore objects;
  private final String prefix;

  /**
   * Sets below a prefix.
   *
   * @param prefix ends in {@code /}; what lies in it directly is no set unless an OVF says so
   */
  UploadSet(UploadedObjects uploaded, ObjectStore objects, String prefix) {
    this.uploaded = uploaded;
    this.objects = objects;
    this.prefix = prefix;
  }

  /** What an object means. */
  sealed interface Role {}

  /**
   * A machine can be imported.
   *
   * @param main the object that stands for it
   */
  record Complete(Uploaded main) implements Role {}

  /**
   * A machine lacks files.
   *
   * @param key the object that stands for it
   * @param missing what to upload beside it
   */
  record Waiting(String key, List<String> missing) implements Role {
    /** Copies the list. */
    Waiting {
      missing = List.copyOf(missing);
    }
  }

  /**
   * An object that starts nothing.
   *
   * @param why for logs
   */
  record Ignored(String why) implements Role {}

  /** The format that must be declared for an object of this name, as its bytes do not tell it. */
  static Optional<String> suggestedFormat(String key) {
    return IMAGES.getOrDefault(suffix(key), Optional.empty());
  }

  /** Whether an object of this name can be an image, or describe one. */
  static boolean isImage(String key) {
    return IMAGES.containsKey(suffix(key));
  }

  private static String suffix(String key) {
    return key.substring(key.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
  }

  private static String name(String key) {
    return key.substring(key.lastIndexOf('/') + 1);
  }

  private static String folder(String key) {
    return key.substring(0, key.lastIndexOf('/') + 1);
  }

  /**
   * What an object is.
   *
   * @throws VmferryException if it is a descriptor that cannot be understood
   */
  Role roleOf(Uploaded object) throws IOException {
    return switch (suffix(object.key())) {
      case "ova" -> new Complete(object);
      case "ovf" -> ofDescriptor(object, namesInOvf(object));
      case "vmdk" -> ofVmdk(object);
      default -> inFolder(object);
    };
  }

  private Role ofVmdk(Uploaded object) throws IOException {
    if (EXTENT.matcher(object.key()).matches()) {
      return ofPart(object);
    }
    return switch (look(object)) {
      case VmdkFile.Descriptor descriptor -> {
        Optional<Role> ovf = namedByOvf(object);
        yield ovf.isPresent() ? ovf.get() : ofDescriptor(object, descriptor.files());
      }
      case VmdkFile.Part _ -> ofPart(object);
      case VmdkFile.Whole _ -> inFolder(object);
      case VmdkFile.Other _ -> inFolder(object);
    };
  }

  /** A file that is a machine by itself, unless an OVF beside it says otherwise or is to come. */
  private Role inFolder(Uploaded object) throws IOException {
    Optional<Role> ovf = namedByOvf(object);
    if (ovf.isPresent()) {
      return ovf.get();
    }
    boolean inFolderOfItsOwn = !folder(object.key()).equals(prefix);
    return inFolderOfItsOwn && DISK_OF_OVF.matcher(object.key()).matches()
        ? new Waiting(object.key(), List.of("the .ovf that names it"))
        : new Complete(object);
  }

  /** The set that a part of a VMDK belongs to. */
  private Role ofPart(Uploaded part) throws IOException {
    List<String> candidates =
        beside(part).stream()
            .filter(listed -> suffix(listed.key()).equals("vmdk"))
            .filter(listed -> listed.size() <= LARGEST_VMDK_DESCRIPTOR)
            .map(Listed::key)
            .filter(key -> !key.equals(part.key()) && !EXTENT.matcher(key).matches())
            .limit(MOST_DESCRIPTORS)
            .toList();
    for (String key : candidates) {
      Optional<Uploaded> descriptor = uploaded.find(part.bucket(), key);
      if (descriptor.isPresent()
          && look(descriptor.get()) instanceof VmdkFile.Descriptor found
          && found.files().contains(name(part.key()))) {
        return ofVmdk(descriptor.get());
      }
    }
    return new Ignored("it is a part of a disk whose descriptor is not there yet");
  }

  /** The set of an OVF in the same folder that names this file. */
  private Optional<Role> namedByOvf(Uploaded object) throws IOException {
    List<String> descriptors =
        beside(object).stream()
            .map(Listed::key)
            .filter(key -> suffix(key).equals("ovf"))
            .limit(MOST_DESCRIPTORS)
            .toList();
    for (String key : descriptors) {
      Optional<Uploaded> ovf = uploaded.find(object.bucket(), key);
      if (ovf.isEmpty()) {
        continue;
      }
      List<String> names;
      try {
        names = namesInOvf(ovf.get());
      } catch (VmferryException e) {
        // Its own event has said so, or will.
        LOG.debug("{} is passed over: {}", key, e.getMessage());
        continue;
      }
      if (names.stream().anyMatch(name -> spellings(name).contains(name(object.key())))) {
        return Optional.of(ofDescriptor(ovf.get(), names));
      }
    }
    return Optional.empty();
  }

  private List<Listed> beside(Uploaded object) {
    return uploaded.list(object.bucket(), folder(object.key()), MOST_LISTED);
  }

  private Role ofDescriptor(Uploaded descriptor, List<String> names) {
    String folder = folder(descriptor.key());
    List<String> missing =
        names.stream()
            // What is no plain name is refused when the machine is validated, with its reason.
            .filter(name -> !name.contains("/") && !name.isEmpty())
            .filter(
                name ->
                    spellings(name).stream()
                        .noneMatch(
                            spelling ->
                                uploaded.find(descriptor.bucket(), folder + spelling).isPresent()))
            .toList();
    return missing.isEmpty() ? new Complete(descriptor) : new Waiting(descriptor.key(), missing);
  }

  /** The names that a reference may mean: as it is, and percent-decoded as some OVFs need it. */
  private static List<String> spellings(String name) {
    try {
      String decoded = URLDecoder.decode(name.replace("+", "%2B"), StandardCharsets.UTF_8);
      return decoded.equals(name) ? List.of(name) : List.of(name, decoded);
    } catch (IllegalArgumentException e) {
      return List.of(name);
    }
  }

  private List<String> namesInOvf(Uploaded ovf) throws IOException {
    if (ovf.size() > OvfParser.MAX_LENGTH) {
      throw new VmferryException(
          ErrorCode.OVF_INVALID,
          "%s has %d bytes, at most %d are read"
              .formatted(name(ovf.key()), ovf.size(), OvfParser.MAX_LENGTH));
    }
    byte[] xml;
    try (InputStream in = objects.read(ovf.bucket(), ovf.key())) {
      xml = in.readNBytes(OvfParser.MAX_LENGTH + 1);
    }
    return OvfParser.parse(name(ovf.key()), xml).disks().stream()
        .map(OvfDisk::fileName)
        .flatMap(Optional::stream)
        .map(name -> name.startsWith("./") ? name.substring(2) : name)
        .distinct()
        .toList();
  }

  /** Reads the object's first bytes; what has none is no VMDK. */
  private VmdkFile look(Uploaded object) throws IOException {
    if (object.size() == 0) {
      return new VmdkFile.Other();
    }
    ObjectVersion version =
        new ObjectVersion(object.bucket(), object.key(), object.eTag(), object.size());
    try (ByteSource source = objects.open(version)) {
      return VmdkFile.look(source);
    }
  }
}

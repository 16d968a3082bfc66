package io.vmferry.local.ec2;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.vmferry.local.state.AtomicFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;

/** The images of the state directory, one file each. Safe for use by many threads. */
final class ImageStore {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String SUFFIX = ".json";

  private final Path root;
  private final Map<String, ImageRecord> images = new ConcurrentHashMap<>();

  ImageStore(Path root) throws IOException {
    this.root = Files.createDirectories(root);
    try (var entries = Files.list(root)) {
      for (Path file : entries.filter(path -> path.toString().endsWith(SUFFIX)).toList()) {
        ImageRecord image = JSON.readValue(Files.readAllBytes(file), ImageRecord.class);
        images.put(image.id(), image);
      }
    }
  }

  /** All images in the order of their ids. */
  List<ImageRecord> all() {
    return images.values().stream().sorted(Comparator.comparing(ImageRecord::id)).toList();
  }

  Optional<ImageRecord> find(String id) {
    return Optional.ofNullable(images.get(id));
  }

  synchronized void add(ImageRecord image) {
    save(image);
    images.put(image.id(), image);
  }

  synchronized boolean remove(String id) {
    try {
      Files.deleteIfExists(file(id));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return images.remove(id) != null;
  }

  synchronized boolean tag(String id, UnaryOperator<Map<String, String>> change) {
    ImageRecord image = images.get(id);
    if (image == null) {
      return false;
    }
    add(image.withTags(change.apply(image.tags())));
    return true;
  }

  private void save(ImageRecord image) {
    try {
      AtomicFiles.write(file(image.id()), JSON.writeValueAsBytes(image));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Path file(String id) {
    return root.resolve(id + SUFFIX);
  }
}

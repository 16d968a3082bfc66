package io.vmferry.functions.fake;

import io.vmferry.functions.port.Leftovers;
import java.util.ArrayList;
import java.util.List;

/** Leftovers that a test puts there. */
public final class FakeLeftovers implements Leftovers {
  private final List<Tagged> snapshots = new ArrayList<>();
  private final List<Tagged> images = new ArrayList<>();
  private final List<Folder> folders = new ArrayList<>();
  private final List<Upload> uploads = new ArrayList<>();

  /** Adds a snapshot. */
  public void addSnapshot(Tagged snapshot) {
    snapshots.add(snapshot);
  }

  /** Adds an image. */
  public void addImage(Tagged image) {
    images.add(image);
  }

  /** Adds a folder; its bucket does not matter. */
  public void addFolder(Folder folder) {
    folders.add(folder);
  }

  /** Adds an unfinished upload; its bucket does not matter. */
  public void addUpload(Upload upload) {
    uploads.add(upload);
  }

  @Override
  public List<Tagged> snapshots() {
    return List.copyOf(snapshots);
  }

  @Override
  public List<Tagged> images() {
    return List.copyOf(images);
  }

  @Override
  public List<Folder> folders(String bucket, String prefix) {
    return folders.stream().filter(folder -> folder.prefix().startsWith(prefix)).toList();
  }

  @Override
  public List<Upload> uploads(String bucket, String prefix) {
    return uploads.stream().filter(upload -> upload.key().startsWith(prefix)).toList();
  }
}

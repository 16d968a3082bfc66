package io.vmferry.guest.linux.boot;

import io.vmferry.guest.Guest;
import io.vmferry.guest.GuestEdits;
import io.vmferry.guest.GuestFiles;
import io.vmferry.guest.GuestPaths;
import io.vmferry.guest.TextFile;
import io.vmferry.guest.linux.files.ConfigFiles;
import io.vmferry.guest.linux.system.LvmFilters;
import io.vmferry.guest.linux.system.StorageCaches;
import java.io.IOException;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Files of the guest that its initramfs has copies of, made before they were changed: LVM's
 * configuration, without which the root's volume group would not be found. What was changed is told
 * by the original beside it, so that a second run carries the same.
 *
 * @param contents the new contents by path
 * @param removed the paths of files that must not be there
 */
record CarriedFiles(SortedMap<String, byte[]> contents, SortedSet<String> removed) {
  private static final String NOWHERE = "/vmferry/removed";

  /** What a guest's initramfs must carry; nothing where the guest has no physical volumes. */
  static CarriedFiles of(Guest guest) throws IOException {
    GuestEdits edits = guest.edits();
    GuestFiles files = edits.files();
    SortedMap<String, byte[]> contents = new TreeMap<>();
    SortedSet<String> removed = new TreeSet<>();
    if (LvmFilters.hasPhysicalVolumes(guest.facts())) {
      for (String path : LvmFilters.FILES) {
        boolean changed = files.status(GuestEdits.originalOf(path)).isPresent();
        Optional<TextFile> file = changed ? ConfigFiles.read(edits, path) : Optional.empty();
        if (file.isPresent()) {
          contents.put(path, file.get().text().getBytes(file.get().charset()));
        }
      }
      String directory = StorageCaches.DEVICES;
      for (String original : files.list(directory)) {
        Optional<String> path =
            GuestEdits.nameOf(original).map(name -> GuestPaths.child(directory, name));
        if (path.isPresent() && files.status(path.get()).isEmpty()) {
          removed.add(path.get());
        }
      }
    }
    return new CarriedFiles(contents, removed);
  }

  /** Whether there is nothing to carry. */
  boolean isEmpty() {
    return contents.isEmpty() && removed.isEmpty();
  }

  /**
   * Adds them to an archive. An archive takes no file away, but a link in its place that leads
   * nowhere is as good: to open it fails as if it were not there.
   */
  void addTo(NewcArchive archive) {
    contents.forEach((path, content) -> archive.file(path.substring(1), content));
    removed.forEach(path -> archive.link(path.substring(1), NOWHERE));
  }

  /** What they are, in 64 hexadecimal digits. */
  String digest() {
    NewcArchive archive = new NewcArchive();
    addTo(archive);
    return DriverArchive.digest(archive.soFar());
  }

  /** For the report: which files. */
  String names() {
    SortedSet<String> names = new TreeSet<>(contents.keySet());
    names.addAll(removed);
    return String.join(", ", names.stream().map(Printable::of).toList());
  }
}

package io.vmferry.cli.source;

import java.nio.file.Path;
import java.util.List;

/** One argument of an import. */
public sealed interface Source {

  /**
   * A file of this machine with the files it names.
   *
   * @param file the image, the archive or the descriptor
   * @param companions the files it names, in the same folder
   */
  record LocalFile(Path file, List<Path> companions) implements Source {
    /** Copies the list. */
    public LocalFile {
      companions = List.copyOf(companions);
    }
  }

  /**
   * An object or a file on a server, which the task reads itself.
   *
   * @param url {@code s3://…} or {@code https://…}
   */
  record Remote(String url) implements Source {}
}

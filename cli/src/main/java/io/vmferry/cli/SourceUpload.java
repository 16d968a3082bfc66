package io.vmferry.cli;

import io.vmferry.cli.backend.Uploads;
import io.vmferry.cli.progress.ProgressDisplay;
import io.vmferry.cli.progress.ProgressState;
import io.vmferry.cli.progress.RateMeter;
import io.vmferry.cli.source.Source;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Brings the files of an import to where its task reads them. */
final class SourceUpload {
  private static final String LABEL = "uploading";

  private final Uploads uploads;
  private final CliEnvironment environment;
  private final String folder;
  private final List<String> uploaded = new ArrayList<>();

  /**
   * An upload of one import.
   *
   * @param clientToken a repeated request must name the same objects, so its folder follows from
   *     the token
   */
  SourceUpload(Uploads uploads, CliEnvironment environment, Optional<String> clientToken) {
    this.uploads = uploads;
    this.environment = environment;
    this.folder =
        clientToken
            .map(token -> UUID.nameUUIDFromBytes(token.getBytes(StandardCharsets.UTF_8)))
            .orElseGet(UUID::randomUUID)
            .toString();
  }

  /** Uploads what is local; returns every source's URL. */
  List<String> upload(List<Source> sources) {
    long total = 0;
    for (Source source : sources) {
      if (source instanceof Source.LocalFile local) {
        total += size(local.file());
        for (Path companion : local.companions()) {
          total += size(companion);
        }
      }
    }
    ProgressDisplay display = environment.progress();
    try {
      Progress progress = new Progress(display, total);
      List<String> urls = new ArrayList<>();
      for (int i = 0; i < sources.size(); i++) {
        urls.add(
            switch (sources.get(i)) {
              case Source.Remote remote -> remote.url();
              case Source.LocalFile local -> uploadLocal(folder + "-" + i, local, progress);
            });
      }
      return urls;
    } finally {
      display.end();
    }
  }

  /** Uploads one more file that the task reads, without showing it; returns its URL. */
  String uploadBeside(Source.LocalFile local) {
    String url = uploads.upload(folder + "-agent", local.file(), bytes -> {});
    uploaded.add(url);
    return url;
  }

  /** Removes what was uploaded. */
  void discard() {
    uploaded.forEach(uploads::discard);
    uploaded.clear();
  }

  private String uploadLocal(String into, Source.LocalFile local, Progress progress) {
    for (Path companion : local.companions()) {
      uploaded.add(uploads.upload(into, companion, progress::sent));
    }
    String url = uploads.upload(into, local.file(), progress::sent);
    uploaded.add(url);
    return url;
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      throw new VmferryException(
          ErrorCode.SOURCE_ACCESS_DENIED,
          "%s cannot be read: %s".formatted(file, e.getMessage()),
          e);
    }
  }

  /** Sums what all files have sent. */
  private final class Progress {
    private final ProgressDisplay display;
    private final long total;
    private long done;
    private final RateMeter rate = new RateMeter();

    Progress(ProgressDisplay display, long total) {
      this.display = display;
      this.total = total;
    }

    synchronized void sent(long bytes) {
      done += bytes;
      rate.add(environment.ticker().nanos(), done);
      display.show(new ProgressState(LABEL, done, total, rate.bytesPerSecond()));
    }
  }
}

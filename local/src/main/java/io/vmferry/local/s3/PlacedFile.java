package io.vmferry.local.s3;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A file of this machine as an object, brought there by the kernel: without HTTP, without being
 * hashed, and on file systems that share blocks (XFS, Btrfs) without being copied.
 *
 * <p>The object's ETag is not the content's MD5, as S3 promises that for some objects only. It is
 * in the form of an upload in parts, which no client takes for an MD5, and is a random number: no
 * two versions of an object have the same.
 */
final class PlacedFile {
  /** Where S3Proxy keeps an object's ETag: 16 bytes of MD5, or else the ETag itself. */
  private static final String ETAG = "user.content-md5";

  private static final String CONTENT_TYPE = "user.content-type";

  /** What is copied between two reports. */
  private static final long STEP = 32L << 20;

  private static final SecureRandom RANDOM = new SecureRandom();

  private PlacedFile() {}

  /**
   * Copies a file to where its object is; the object is there once it is whole.
   *
   * @param bucket the bucket's directory
   * @param copied is told how many more bytes are there
   * @throws NoSuchFileException if there is no such bucket
   * @throws EOFException if the file has become shorter
   * @throws UnsupportedOperationException if the file system keeps no attributes, so that an object
   *     cannot have its ETag
   */
  static void place(Path bucket, String key, Path file, LongConsumer copied) throws IOException {
    if (!Files.isDirectory(bucket)) {
      throw new NoSuchFileException(bucket.toString());
    }
    Path object = bucket.resolve(key).normalize();
    if (key.isEmpty() || key.endsWith("/") || !object.startsWith(bucket) || object.equals(bucket)) {
      throw new IllegalArgumentException("an object cannot be called '" + key + "'");
    }
    Path folder = object.getParent();
    if (folder == null) {
      throw new IllegalArgumentException("an object cannot be called '" + key + "'");
    }
    Files.createDirectories(folder);
    byte[] random = new byte[16];
    RANDOM.nextBytes(random);
    String unique = HexFormat.of().formatHex(random);
    // S3Proxy's own pattern: whoever deletes a folder's objects deletes an unfinished one as well.
    Path temporary = folder.resolve(object.getFileName() + "-" + unique);
    try {
      copy(file, temporary, copied);
      describe(temporary, "\"" + unique + "-1\"");
      Files.move(
          temporary, object, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  private static void copy(Path file, Path to, LongConsumer copied) throws IOException {
    try (FileChannel source = FileChannel.open(file, StandardOpenOption.READ);
        FileChannel target =
            FileChannel.open(to, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
      long size = source.size();
      long position = 0;
      while (position < size) {
        // Linux copies by copy_file_range, which shares blocks where the file system can.
        long count = source.transferTo(position, Math.min(STEP, size - position), target);
        if (count <= 0) {
          throw new EOFException(
              "%s ended at byte %d of %d while it was copied".formatted(file, position, size));
        }
        position += count;
        copied.accept(count);
      }
    }
  }

  private static void describe(Path object, String eTag) throws IOException {
    @Nullable UserDefinedFileAttributeView attributes =
        Files.getFileAttributeView(object, UserDefinedFileAttributeView.class);
    if (attributes == null) {
      throw new UnsupportedOperationException("the file system has no extended attributes");
    }
    try {
      attributes.write(ETAG, ascii(eTag));
      attributes.write(CONTENT_TYPE, ascii("application/octet-stream"));
    } catch (FileSystemException e) {
      throw (UnsupportedOperationException)
          new UnsupportedOperationException("the file system keeps no extended attributes")
              .initCause(e);
    }
  }

  private static ByteBuffer ascii(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
  }
}

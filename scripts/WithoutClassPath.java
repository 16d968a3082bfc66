import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.zip.ZipEntry;

/**
 * Copies a jar without the class path of its manifest, which may name folders: the JVM then makes no
 * ahead-of-time cache.
 *
 * <p>usage: java WithoutClassPath.java FROM TO
 */
final class WithoutClassPath {
  private WithoutClassPath() {}

  public static void main(String[] arguments) throws IOException {
    try (JarFile from = new JarFile(arguments[0])) {
      Manifest manifest = from.getManifest();
      manifest.getMainAttributes().remove(Attributes.Name.CLASS_PATH);
      try (JarOutputStream to =
          new JarOutputStream(Files.newOutputStream(Path.of(arguments[1])), manifest)) {
        for (JarEntry entry : (Iterable<JarEntry>) from.stream()::iterator) {
          if (!entry.getName().equalsIgnoreCase(JarFile.MANIFEST_NAME)) {
            to.putNextEntry(new ZipEntry(entry.getName()));
            try (InputStream content = from.getInputStream(entry)) {
              content.transferTo(to);
            }
            to.closeEntry();
          }
        }
      }
    }
  }
}

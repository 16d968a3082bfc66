import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.classfile.MethodModel;
import java.lang.classfile.attribute.InnerClassesAttribute;
import java.lang.classfile.constantpool.MemberRefEntry;
import java.lang.classfile.constantpool.PoolEntry;
import java.lang.classfile.constantpool.Utf8Entry;
import java.lang.constant.ClassDesc;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.LocalDateTime;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Packs the functions as Lambda's managed Java runtime takes them: a zip with the jars in {@code lib}.
 *
 * <p>usage: java PackFunctions.java ZIP FUNCTIONS_JAR CLASSPATH_FILE RESOURCES
 *
 * <p>RESOURCES is a folder of what belongs on the class path in Lambda only. The same input gives the same bytes.
 *
 * <p>Two things keep the zip small, and with it the time that a cold start takes:
 *
 * <ul>
 *   <li>EC2's client, three quarters of all classes, is reduced to the operations that the functions call and the
 *       classes that these reach.
 *   <li>The jars are stored and only the zip is compressed: deflate then sees what the classes of a jar have in common,
 *       and the JVM has nothing to inflate.
 * </ul>
 */
final class PackFunctions {
  private static final String EC2 = "software/amazon/awssdk/services/ec2/";
  private static final String EC2_CLIENT = EC2 + "Ec2Client";
  private static final Set<String> TRIMMED = Set.of(EC2_CLIENT, EC2 + "DefaultEc2Client");
  private static final Pattern EC2_NAME = Pattern.compile(EC2 + "[\\w/$]+");
  private static final Pattern LAMBDA = Pattern.compile("lambda\\$(\\w+)\\$\\d+");

  /** Libraries of machines that Lambda does not have, and what no class loader reads. */
  private static final Pattern USELESS =
      Pattern.compile("aircompressor/(macos|linux-ppc64le).*|META-INF/maven/.*|module-info\\.class");

  private static final LocalDateTime TIME = LocalDateTime.of(2026, 1, 1, 0, 0);

  private PackFunctions() {}

  public static void main(String[] arguments) throws IOException {
    Path zip = Path.of(arguments[0]);
    Path functions = Path.of(arguments[1]);
    Map<String, Map<String, byte[]>> jars = new TreeMap<>();
    Map<String, byte[]> own = read(functions);
    jars.put(functions.getFileName().toString(), own);
    for (String dependency : Files.readString(Path.of(arguments[2])).strip().split(File.pathSeparator)) {
      Path jar = Path.of(dependency);
      jars.put(jar.getFileName().toString(), read(jar));
    }
    ClassHierarchyResolver classes = classesIn(List.copyOf(jars.values()));
    jars.replaceAll(
        (name, entries) ->
            entries.containsKey(EC2_CLIENT + ".class") ? withoutUnusedOperations(entries, own, classes) : entries);
    jars.put("lambda-resources.jar", files(Path.of(arguments[3])));
    Files.createDirectories(zip.getParent());
    // A build that is interrupted leaves no half of a zip under the name that is deployed.
    Path unfinished = zip.resolveSibling(zip.getFileName() + ".part");
    try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(unfinished))) {
      out.setLevel(Deflater.BEST_COMPRESSION);
      for (Map.Entry<String, Map<String, byte[]>> jar : jars.entrySet()) {
        out.putNextEntry(entry("lib/" + jar.getKey()));
        out.write(stored(jar.getValue()));
        out.closeEntry();
      }
    }
    Files.move(unfinished, zip, StandardCopyOption.REPLACE_EXISTING);
  }

  private static Map<String, byte[]> read(Path jar) throws IOException {
    Map<String, byte[]> entries = new TreeMap<>();
    try (JarFile file = new JarFile(jar.toFile())) {
      for (JarEntry entry : (Iterable<JarEntry>) file.stream()::iterator) {
        if (!entry.isDirectory() && !USELESS.matcher(entry.getName()).matches()) {
          entries.put(entry.getName(), file.getInputStream(entry).readAllBytes());
        }
      }
    }
    return entries;
  }

  /** What a class extends: for the stack maps of the classes that are changed. */
  private static ClassHierarchyResolver classesIn(List<Map<String, byte[]>> jars) {
    return ClassHierarchyResolver.ofResourceParsing(
            (ClassDesc type) -> {
              String descriptor = type.descriptorString();
              String name = descriptor.substring(1, descriptor.length() - 1) + ".class";
              return jars.stream()
                  .filter(jar -> jar.containsKey(name))
                  .findFirst()
                  .map(jar -> (InputStream) new ByteArrayInputStream(jar.get(name)))
                  .orElse(null);
            })
        .orElse(ClassHierarchyResolver.defaultResolver())
        .cached();
  }

  private static Map<String, byte[]> files(Path folder) throws IOException {
    Map<String, byte[]> entries = new TreeMap<>();
    if (!Files.isDirectory(folder)) {
      return entries;
    }
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
        entries.put(folder.relativize(file).toString().replace('\\', '/'), Files.readAllBytes(file));
      }
    }
    return entries;
  }

  private static byte[] stored(Map<String, byte[]> entries) throws IOException {
    ByteArrayOutputStream jar = new ByteArrayOutputStream();
    CRC32 crc = new CRC32();
    try (ZipOutputStream out = new ZipOutputStream(jar)) {
      out.setMethod(ZipOutputStream.STORED);
      for (Map.Entry<String, byte[]> file : entries.entrySet()) {
        byte[] content = file.getValue();
        ZipEntry entry = entry(file.getKey());
        crc.reset();
        crc.update(content);
        entry.setSize(content.length);
        entry.setCompressedSize(content.length);
        entry.setCrc(crc.getValue());
        out.putNextEntry(entry);
        out.write(content);
        out.closeEntry();
      }
    }
    return jar.toByteArray();
  }

  private static ZipEntry entry(String name) {
    ZipEntry entry = new ZipEntry(name);
    entry.setTimeLocal(TIME);
    return entry;
  }

  /** EC2's jar with the operations that {@code callers} call, and all that these need of it. */
  private static Map<String, byte[]> withoutUnusedOperations(
      Map<String, byte[]> ec2, Map<String, byte[]> callers, ClassHierarchyResolver classes) {
    Set<String> called = new TreeSet<>();
    Deque<String> reached = new ArrayDeque<>(TRIMMED);
    for (Map.Entry<String, byte[]> caller : callers.entrySet()) {
      if (caller.getKey().endsWith(".class")) {
        ClassModel model = ClassFile.of().parse(caller.getValue());
        for (PoolEntry entry : model.constantPool()) {
          if (entry instanceof MemberRefEntry member && member.owner().asInternalName().equals(EC2_CLIENT)) {
            called.add(operation(member.name().stringValue()));
          }
        }
        reached.addAll(ec2Names(model));
      }
    }
    Map<String, byte[]> kept = new TreeMap<>();
    Set<String> seen = new HashSet<>(reached);
    while (!reached.isEmpty()) {
      String name = reached.remove();
      byte[] bytes = ec2.get(name + ".class");
      if (bytes == null) {
        continue; // part of a longer text
      }
      byte[] result = TRIMMED.contains(name) ? trimmed(bytes, called, ec2.keySet(), classes) : bytes;
      kept.put(name + ".class", result);
      for (String next : ec2Names(ClassFile.of().parse(result))) {
        if (seen.add(next)) {
          reached.add(next);
        }
      }
    }
    ec2.forEach(
        (name, content) -> {
          if (!name.endsWith(".class")) {
            kept.put(name, content);
          }
        });
    return kept;
  }

  private static List<String> ec2Names(ClassModel model) {
    List<String> names = new ArrayList<>();
    for (PoolEntry entry : model.constantPool()) {
      if (entry instanceof Utf8Entry text) {
        Matcher name = EC2_NAME.matcher(text.stringValue());
        while (name.find()) {
          names.add(name.group());
        }
      }
    }
    return names;
  }

  private static String operation(String method) {
    Matcher lambda = LAMBDA.matcher(method);
    String name = lambda.matches() ? lambda.group(1) : method;
    return name.endsWith("Paginator") ? name.substring(0, name.length() - "Paginator".length()) : name;
  }

  private static byte[] trimmed(
      byte[] bytes, Set<String> called, Set<String> entries, ClassHierarchyResolver classes) {
    ClassFile fresh =
        ClassFile.of(
            ClassFile.ConstantPoolSharingOption.NEW_POOL,
            ClassFile.ClassHierarchyResolverOption.of(classes));
    return fresh.transformClass(
        fresh.parse(bytes),
        (builder, element) -> {
          boolean unused =
              element instanceof MethodModel method && isUnused(method.methodName().stringValue(), called, entries);
          // The attribute names the nested classes of all operations.
          if (!unused && !(element instanceof InnerClassesAttribute)) {
            builder.with(element);
          }
        });
  }

  private static boolean isUnused(String method, Set<String> called, Set<String> entries) {
    String operation = operation(method);
    String request =
        EC2 + "model/" + Character.toUpperCase(operation.charAt(0)) + operation.substring(1) + "Request.class";
    return (entries.contains(request) || operation.equals("waiter")) && !called.contains(operation);
  }
}

package io.vmferry.infra;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeModel;
import java.lang.classfile.MethodModel;
import java.lang.classfile.instruction.FieldInstruction;
import java.lang.classfile.instruction.InvokeDynamicInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.NewObjectInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDesc;
import java.lang.constant.DirectMethodHandleDesc;
import java.lang.reflect.AccessFlag;
import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The operations of AWS that code can come to call, read from its bytecode: from a method to the
 * methods it calls, a call of an interface leading to all of its implementations, a lambda to its
 * body. What runs at construction counts as well. Classes of {@code io.vmferry} only are followed.
 */
final class CalledActions {
  private static final Pattern CLIENT =
      Pattern.compile("software/amazon/awssdk/services/(\\w+)/(\\w+)Client");

  /** What classes extend without anyone calling more than these types have. */
  private static final Set<String> HARMLESS =
      Set.of(
          "java/lang/Object",
          "java/lang/Record",
          "java/lang/Enum",
          "java/lang/Comparable",
          "java/lang/AutoCloseable");

  private final Map<String, ClassModel> classes = new HashMap<>();

  private record Method(String owner, String name, String descriptor) {}

  /** An operation of an SDK client: {@code s3}, {@code headObject}. */
  record Operation(String service, String name) implements Comparable<Operation> {
    @Override
    public int compareTo(Operation other) {
      return toString().compareTo(other.toString());
    }

    @Override
    public String toString() {
      return service + ":" + name;
    }
  }

  /**
   * The classes of the jars or folders that hold these classes.
   *
   * @param examples one class of each
   */
  CalledActions(Class<?>... examples) {
    for (Class<?> example : examples) {
      Path place =
          Path.of(
              URI.create(example.getProtectionDomain().getCodeSource().getLocation().toString()));
      try {
        if (Files.isDirectory(place)) {
          read(place);
        } else {
          try (FileSystem jar = FileSystems.newFileSystem(place)) {
            read(jar.getPath("/"));
          }
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private void read(Path root) throws IOException {
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file :
          (Iterable<Path>) files.filter(f -> f.toString().endsWith(".class"))::iterator) {
        try (InputStream in = Files.newInputStream(file)) {
          ClassModel model = ClassFile.of().parse(in.readAllBytes());
          classes.put(model.thisClass().asInternalName(), model);
        }
      }
    }
  }

  /**
   * What a class comes to call that the Lambda runtime makes with its constructor without arguments
   * and calls {@code handleRequest} of.
   */
  SortedSet<Operation> ofHandler(Class<?> handler) {
    String name = handler.getName().replace('.', '/');
    Search search = new Search();
    search.make(name);
    search.reach(new Method(name, "<init>", "()V"));
    search.run();
    return search.called;
  }

  /** What a program comes to call. */
  SortedSet<Operation> ofProgram(Class<?> main) {
    Search search = new Search();
    search.reach(new Method(main.getName().replace('.', '/'), "main", "([Ljava/lang/String;)V"));
    search.run();
    return search.called;
  }

  /** One walk from a root. Calls lead to the classes only that are made on the way. */
  private final class Search {
    private final SortedSet<Operation> called = new TreeSet<>();
    private final Set<String> made = new HashSet<>();
    private final Set<Method> reached = new HashSet<>();
    private final Deque<Method> waiting = new ArrayDeque<>();

    /** Calls of methods that classes may override, by the class they were made on. */
    private final Map<String, Set<Method>> virtual = new HashMap<>();

    void reach(Method method) {
      if (reached.add(method)) {
        waiting.add(method);
      }
    }

    void run() {
      while (!waiting.isEmpty()) {
        Method method = waiting.remove();
        find(method).flatMap(found -> found.code().stream()).forEach(this::follow);
      }
    }

    private void follow(CodeModel code) {
      for (CodeElement element : code) {
        switch (element) {
          case NewObjectInstruction creation -> make(creation.className().asInternalName());
          case InvokeInstruction invoke ->
              call(
                  new Method(
                      invoke.owner().asInternalName(),
                      invoke.name().stringValue(),
                      invoke.type().stringValue()));
          case InvokeDynamicInstruction dynamic -> {
            for (ConstantDesc argument : dynamic.bootstrapArgs()) {
              if (argument instanceof DirectMethodHandleDesc handle) {
                if (handle.methodName().equals("<init>")) {
                  make(internalName(handle.owner()));
                }
                call(
                    new Method(
                        internalName(handle.owner()),
                        handle.methodName(),
                        handle.lookupDescriptor()));
              }
            }
          }
          case FieldInstruction field ->
              reach(new Method(field.owner().asInternalName(), "<clinit>", "()V"));
          default -> {}
        }
      }
    }

    private void call(Method target) {
      Matcher client = CLIENT.matcher(target.owner());
      if (client.matches()) {
        called.add(new Operation(client.group(1), target.name()));
        return;
      }
      if (classes.containsKey(target.owner())) {
        reach(new Method(target.owner(), "<clinit>", "()V"));
      }
      reach(target);
      if (!target.name().startsWith("<")) {
        virtual.computeIfAbsent(target.owner(), x -> new HashSet<>()).add(target);
        for (String type : made) {
          if (isA(type, target.owner())) {
            reach(new Method(type, target.name(), target.descriptor()));
          }
        }
      }
    }

    /** Notes that objects of a class exist. */
    void make(String type) {
      if (!classes.containsKey(type) || !made.add(type)) {
        return;
      }
      reach(new Method(type, "<clinit>", "()V"));
      virtual.forEach(
          (owner, methods) -> {
            if (isA(type, owner)) {
              methods.forEach(m -> reach(new Method(type, m.name(), m.descriptor())));
            }
          });
      if (isKnownToLibraries(type)) {
        // They may call whatever they can.
        for (@Nullable ClassModel model = classes.get(type); model != null; model = above(model)) {
          for (MethodModel method : model.methods()) {
            if (!method.flags().has(AccessFlag.PRIVATE) && !method.flags().has(AccessFlag.STATIC)) {
              reach(
                  new Method(
                      type, method.methodName().stringValue(), method.methodType().stringValue()));
            }
          }
        }
      }
    }
  }

  private boolean isA(String type, String other) {
    return supertypes(type).anyMatch(other::equals);
  }

  private boolean isKnownToLibraries(String type) {
    return supertypes(type)
        .anyMatch(above -> !classes.containsKey(above) && !HARMLESS.contains(above));
  }

  /** A class, and those above it as far as they are ours, and the first that are not. */
  private Stream<String> supertypes(String type) {
    @Nullable ClassModel model = classes.get(type);
    if (model == null) {
      return Stream.of(type);
    }
    return Stream.of(
            Stream.of(type),
            model.superclass().stream().flatMap(above -> supertypes(above.asInternalName())),
            model.interfaces().stream().flatMap(above -> supertypes(above.asInternalName())))
        .flatMap(s -> s);
  }

  private @Nullable ClassModel above(ClassModel model) {
    return model.superclass().map(type -> classes.get(type.asInternalName())).orElse(null);
  }

  private static String internalName(ClassDesc type) {
    String descriptor = type.descriptorString();
    return descriptor.substring(1, descriptor.length() - 1);
  }

  /** The method where it is declared: in its class or above. */
  private Stream<MethodModel> find(Method method) {
    return supertypes(method.owner())
        .map(classes::get)
        .filter(Objects::nonNull)
        .flatMap(model -> model.methods().stream())
        .filter(
            candidate ->
                candidate.methodName().equalsString(method.name())
                    && candidate.methodType().equalsString(method.descriptor())
                    && !candidate.flags().has(AccessFlag.ABSTRACT))
        .limit(1);
  }
}

package io.vmferry.guest.linux.boot;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Writes modules.dep.bin, the index in which modprobe looks up a module: a trie of the modules'
 * names whose leaves hold a line of modules.dep. Both kmod and the older module-init-tools read
 * version 2.1; kmod reads nothing else.
 *
 * <p>A node is at an offset whose upper bits say what it has: children (first and last character,
 * then an offset for each character between) and values (a count, then a priority and a string
 * each). Everything is big-endian. Children come before their parent.
 */
final class ModulesDepBin {
  private static final int MAGIC = 0xB007F457;
  private static final int VERSION = 0x0002_0001;
  private static final int HEADER_BYTES = 12;
  private static final int HAS_VALUES = 0x40000000;
  private static final int HAS_CHILDREN = 0x20000000;

  private final ByteArrayOutputStream nodes = new ByteArrayOutputStream();

  private ModulesDepBin() {}

  private static final class Node {
    final SortedMap<Character, Node> children = new TreeMap<>();
    String value = "";
  }

  /**
   * The index's bytes.
   *
   * @param lines a line of modules.dep for each module, by its name with underscores; in ASCII
   */
  static byte[] of(Map<String, String> lines) {
    Node root = new Node();
    lines.forEach(
        (name, line) -> {
          Node node = root;
          for (int i = 0; i < name.length(); i++) {
            node = node.children.computeIfAbsent(name.charAt(i), ignored -> new Node());
          }
          node.value = line;
        });
    ModulesDepBin index = new ModulesDepBin();
    int rootOffset = index.write(root);
    ByteBuffer all = ByteBuffer.allocate(HEADER_BYTES + index.nodes.size());
    all.putInt(MAGIC).putInt(VERSION).putInt(rootOffset).put(index.nodes.toByteArray());
    return all.array();
  }

  /** Writes a node and those below it; recursion is as deep as the longest name. */
  private int write(Node node) {
    SortedMap<Character, Integer> offsets = new TreeMap<>();
    node.children.forEach((c, child) -> offsets.put(c, write(child)));
    int offset = HEADER_BYTES + nodes.size();
    if (!offsets.isEmpty()) {
      offset |= HAS_CHILDREN;
      nodes.write(offsets.firstKey());
      nodes.write(offsets.lastKey());
      for (char c = offsets.firstKey(); c <= offsets.lastKey(); c++) {
        putInt(offsets.getOrDefault(c, 0));
      }
    }
    if (!node.value.isEmpty()) {
      offset |= HAS_VALUES;
      putInt(1);
      putInt(0);
      nodes.writeBytes(node.value.getBytes(StandardCharsets.US_ASCII));
      nodes.write(0);
    }
    return offset;
  }

  private void putInt(int value) {
    nodes.writeBytes(ByteBuffer.allocate(Integer.BYTES).putInt(value).array());
  }
}

package io.vmferry.functions.service;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Map;
import java.util.TreeMap;

/**
 * What EBS is told about a snapshot's blocks at the end: how many were written, and the SHA-256
 * over their SHA-256s in the order of their indexes. Blocks that were written again count once,
 * with what was written last. Holds only the digests of the latter in memory.
 */
final class SnapshotDigest {
  private final MessageDigest all = sha256();
  private final TreeMap<Integer, byte[]> over = new TreeMap<>();
  private int blocks;

  /** A block that was written last, over whatever was there; before any is added. */
  void putOver(int index, byte[] sha256) {
    over.put(index, sha256);
  }

  /** The next block that was written at first; in ascending order. */
  void add(int index, byte[] sha256) {
    addOverBefore(index);
    byte[] last = over.remove(index);
    count(last == null ? sha256 : last);
  }

  /** There are no more. */
  void finish() {
    addOverBefore(Integer.MAX_VALUE);
  }

  private void addOverBefore(int index) {
    Map.Entry<Integer, byte[]> first = over.firstEntry();
    while (first != null && first.getKey() < index) {
      count(first.getValue());
      over.pollFirstEntry();
      first = over.firstEntry();
    }
  }

  private void count(byte[] sha256) {
    all.update(sha256);
    blocks++;
  }

  int blocks() {
    return blocks;
  }

  /** The digest; can be asked for once. */
  byte[] checksum() {
    return all.digest();
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JRE has SHA-256", e);
    }
  }
}

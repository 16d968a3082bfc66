package io.vmferry.disk.vmdk;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The values used last, at most so many of them.
 *
 * <p>Nothing is locked while a value is loaded, so two threads that miss the same value at once
 * both load it: cheaper than letting one wait for the other's I/O, and either result will do.
 */
final class BoundedCache<V> {

  /** Loads a value that is not in the cache. */
  @FunctionalInterface
  interface Loader<V> {
    V load(long key) throws IOException;
  }

  private final Map<Long, V> values;

  BoundedCache(int capacity) {
    this.values =
        new LinkedHashMap<>(16, 0.75f, true) {
          private static final long serialVersionUID = 1L;

          @Override
          protected boolean removeEldestEntry(Map.Entry<Long, V> eldest) {
            return size() > capacity;
          }
        };
  }

  V get(long key, Loader<V> loader) throws IOException {
    synchronized (values) {
      V known = values.get(key);
      if (known != null) {
        return known;
      }
    }
    V loaded = loader.load(key);
    synchronized (values) {
      values.put(key, loaded);
    }
    return loaded;
  }

  void clear() {
    synchronized (values) {
      values.clear();
    }
  }
}

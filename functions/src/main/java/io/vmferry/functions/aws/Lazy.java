package io.vmferry.functions.aws;

import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Something that is made when it is first asked for: a function's cold start pays for what it uses
 * only.
 */
final class Lazy<T> {
  private final Supplier<T> maker;
  private volatile @Nullable T made;

  Lazy(Supplier<T> maker) {
    this.maker = maker;
  }

  T get() {
    T value = made;
    if (value == null) {
      synchronized (this) {
        value = made;
        if (value == null) {
          value = maker.get();
          made = value;
        }
      }
    }
    return value;
  }

  /** Does something with it unless it was never made. */
  void ifMade(Consumer<T> action) {
    Optional.ofNullable(made).ifPresent(action);
  }
}

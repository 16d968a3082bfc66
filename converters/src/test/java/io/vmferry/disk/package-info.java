/** Contracts and helpers for the tests of disk formats; other modules' tests use them too. */
@NullMarked
package io.vmferry.disk;

import org.jspecify.annotations.NullMarked;

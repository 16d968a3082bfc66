/**
 * What the services need from outside: stores and clocks, as interfaces that {@code aws}
 * implements.
 */
@NullMarked
package io.vmferry.functions.port;

import org.jspecify.annotations.NullMarked;

/** The container's main: the work of many functions in one process without a limit of time. */
@NullMarked
package io.vmferry.functions.container;

import org.jspecify.annotations.NullMarked;

/** The command line: one class per command, and what they share. */
@NullMarked
package io.vmferry.cli;

import org.jspecify.annotations.NullMarked;

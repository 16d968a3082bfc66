/** What the commands need from the system that does the work. */
@NullMarked
package io.vmferry.cli.backend;

import org.jspecify.annotations.NullMarked;

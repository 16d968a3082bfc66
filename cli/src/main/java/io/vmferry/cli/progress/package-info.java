/** How far the work is, for people. */
@NullMarked
package io.vmferry.cli.progress;

import org.jspecify.annotations.NullMarked;

/** Writing what a snapshot holds to a file or a stream. */
@NullMarked
package io.vmferry.cli.snapshot;

import org.jspecify.annotations.NullMarked;

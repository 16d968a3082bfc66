@NullMarked
package io.vmferry.cli.snapshot;

import org.jspecify.annotations.NullMarked;

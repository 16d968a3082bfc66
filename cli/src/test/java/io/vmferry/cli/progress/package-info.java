@NullMarked
package io.vmferry.cli.progress;

import org.jspecify.annotations.NullMarked;

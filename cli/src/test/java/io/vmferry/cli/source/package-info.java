@NullMarked
package io.vmferry.cli.source;

import org.jspecify.annotations.NullMarked;

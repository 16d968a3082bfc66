@NullMarked
package io.vmferry.cli.boot;

import org.jspecify.annotations.NullMarked;

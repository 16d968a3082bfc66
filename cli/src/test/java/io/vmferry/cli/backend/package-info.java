@NullMarked
package io.vmferry.cli.backend;

import org.jspecify.annotations.NullMarked;

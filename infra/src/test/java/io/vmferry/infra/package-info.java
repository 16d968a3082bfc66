@NullMarked
package io.vmferry.infra;

import org.jspecify.annotations.NullMarked;

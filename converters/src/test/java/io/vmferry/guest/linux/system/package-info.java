@NullMarked
package io.vmferry.guest.linux.system;

import org.jspecify.annotations.NullMarked;

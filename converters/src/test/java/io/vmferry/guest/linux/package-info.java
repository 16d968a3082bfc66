@NullMarked
package io.vmferry.guest.linux;

import org.jspecify.annotations.NullMarked;

@NullMarked
package io.vmferry.guest.linux.network;

import org.jspecify.annotations.NullMarked;

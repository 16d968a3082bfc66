@NullMarked
package io.vmferry.guest.appliance;

import org.jspecify.annotations.NullMarked;

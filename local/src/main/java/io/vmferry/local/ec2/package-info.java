/** EC2's Query API, as far as images and snapshots need it. */
@NullMarked
package io.vmferry.local.ec2;

import org.jspecify.annotations.NullMarked;

/**
 * vmferry as constructs for anyone's CDK app: {@link io.vmferry.infra.construct.VmImportExport} is
 * all of it, {@link io.vmferry.infra.construct.TaskStorage} what it keeps.
 */
@NullMarked
package io.vmferry.infra.construct;

import org.jspecify.annotations.NullMarked;

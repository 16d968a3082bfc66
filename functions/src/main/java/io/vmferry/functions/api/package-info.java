/**
 * EC2's Query API (version 2016-11-15) of imports and exports: requests as its clients send them,
 * answers as they read them. Knows neither HTTP servers nor AWS's SDK.
 */
@NullMarked
package io.vmferry.functions.api;

import org.jspecify.annotations.NullMarked;

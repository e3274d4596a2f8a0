// Package browser tests the local gateway's debug page in Chromium. It is a
// module of its own because of the driver.
package browser

//go:build !windows

package policy

import "context"

// Watch watches nothing: policies are [Files] here.
func Watch(context.Context, func()) (wait func()) { return func() {} }

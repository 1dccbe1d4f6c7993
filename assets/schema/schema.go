// Package schema holds schemas for programs and tests to read.
package schema

import _ "embed"

//go:embed portal.openapi.yaml
var portal string

// Portal is Portal API 1 as an OpenAPI 3.1 document, in YAML.
func Portal() string { return portal }

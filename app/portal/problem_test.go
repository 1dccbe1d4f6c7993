package portal

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/portal/manifest"
)

func TestManifestErrorsBecomeProblems(t *testing.T) {
	type told struct {
		Code    localapi.Code
		Params  map[string]string
		Details string
	}
	for name, test := range map[string]struct {
		raw  string
		want told
	}{
		"a web page":   {"<html>", told{localapi.NotAPortal, map[string]string{"host": "portal.example"}, "invalid character '<' looking for beginning of value"}},
		"other JSON":   {"{}", told{localapi.NotAPortal, map[string]string{"host": "portal.example"}, "JSON, but without version and name"}},
		"no providers": {`{"version":1,"name":"X"}`, told{localapi.NoProviders, map[string]string{"host": "portal.example"}, ""}},
		"a field": {`{"version":2,"name":"X"}`, told{
			localapi.ManifestInvalid, map[string]string{"host": "portal.example", "field": "version", "reason": "is 2; this Portico understands 1"},
			"manifest of portal.example: version is 2; this Portico understands 1",
		}},
		"a slip": {`{"version":1,}`, told{
			localapi.ManifestInvalid, map[string]string{"host": "portal.example", "field": "line 1, column 14", "reason": "is not JSON: invalid character '}' looking for beginning of object key string"},
			"manifest of portal.example: line 1, column 14 is not JSON: invalid character '}' looking for beginning of object key string",
		}},
	} {
		_, err := manifest.Parse([]byte(test.raw), "portal.example")
		var p *localapi.Problem
		if !errors.As(ManifestProblem(err), &p) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got := told{p.Code, p.Params, ""}
		if p.Details != nil {
			got.Details = p.Details.Error
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if other := errors.New("other"); ManifestProblem(other) != other || ManifestProblem(nil) != nil {
		t.Error("what is no error of a manifest does not stay as it is")
	}
}

package auth_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
)

// What decides about the refresh token is read whatever stands beside it.
func TestOddMemberOfARefusalHidesNoOther(t *testing.T) {
	t.Parallel()
	const lives, dies = `{"error":"invalid_grant","suberror":"basic_action"`, `{"error":"invalid_grant","suberror":"bad_token"`
	for name, test := range map[string]struct {
		body    string
		kept    bool
		numbers []string
		claims  string
	}{
		"all as ever":             {lives + `,"error_codes":[50076],"claims":"{\"a\":1}"}`, true, []string{"AADSTS50076"}, `{"a":1}`},
		"a number for a list":     {lives + `,"error_codes":50076}`, true, []string{"AADSTS50076"}, ""},
		"texts for numbers":       {lives + `,"error_codes":["50076","AADSTS50079"]}`, true, []string{"AADSTS50076", "AADSTS50079"}, ""},
		"a list with more in it":  {lives + `,"error_codes":[50076,null,{},"x",-1,5e4]}`, true, []string{"AADSTS50076"}, ""},
		"an object for codes":     {lives + `,"error_codes":{"a":50076}}`, true, nil, ""},
		"claims that are objects": {lives + `,"claims":{"access_token":{}}}`, true, nil, `{"access_token":{}}`},
		"claims in a list":        {lives + `,"claims":["x"]}`, true, nil, ""},
		"claims that are a number": {
			lives + `,"claims":7}`, true, nil, "",
		},
		"ids that are numbers":                    {lives + `,"correlation_id":7,"trace_id":["x"],"timestamp":{}}`, true, nil, ""},
		"a list for the suberror":                 {`{"error":"invalid_grant","suberror":["basic_action"]}`, true, nil, ""},
		"a dead token, a number for a list":       {dies + `,"error_codes":700082}`, false, []string{"AADSTS700082"}, ""},
		"a dead token, ids that are objects":      {dies + `,"correlation_id":{},"error_codes":{}}`, false, nil, ""},
		"a suberror that is a number is not one":  {`{"error":"invalid_grant","suberror":7}`, false, nil, ""},
		"a suberror that is null is not one":      {`{"error":"invalid_grant","suberror":null}`, false, nil, ""},
		"a suberror in other letters is not one":  {`{"error":"invalid_grant","SUBERROR":"basic_action"}`, false, nil, ""},
		"a suberror within another is not one":    {`{"error":"invalid_grant","x":{"suberror":"basic_action"}}`, false, nil, ""},
		"a suberror that nobody knows is no stay": {`{"error":"invalid_grant","suberror":"something_new"}`, false, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newEntraDesk(t, authtest.EntraOptions{})
			account := d.mustSignIn().Account
			lift := d.provider.Fault(authtest.Answer(authtest.Token, 400, map[string]string{"Content-Type": "application/json"}, test.body))
			_, err := d.client().Refresh(t.Context(), account.ID)
			var refused *auth.ProviderError
			if !errors.As(err, &refused) || refused.GrantEnded() == test.kept || errors.Is(err, auth.ErrNoSignIn) == test.kept {
				t.Fatalf("err = %+v, want the token kept: %v", err, test.kept)
			}
			if diff := cmp.Diff(test.numbers, refused.Numbers); diff != "" || refused.Claims != test.claims {
				t.Errorf("claims = %q, numbers %s", refused.Claims, diff)
			}
			lift()
			if _, err := d.client().Refresh(t.Context(), account.ID); (err == nil) != test.kept {
				t.Errorf("the next renewal: %v", err)
			}
		})
	}
}

// Package entra_test runs register-app.sh against a stand-in for az, and holds the
// guides beside it to the programs.
package entra_test

import (
	"encoding/json"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/app/portal/manifest"
	"github.com/portico-desktop/portico/auth"
)

const (
	directory = "22222222-2222-2222-2222-222222222222"
	appID     = "33333333-3333-3333-3333-333333333333"
	objectID  = "44444444-4444-4444-4444-444444444444"
	zeros     = "00000000-0000-0000-0000-000000000000"
	password  = "correct-horse"
)

// azure is what az answers, by the words of the call.
type azure map[string]string

func public() azure {
	return azure{
		"cloud-show":   `{"name":"AzureCloud","endpoints":{"microsoftGraphResourceId":"https://graph.microsoft.com/"}}`,
		"account-show": `{"tenantId":"` + directory + `","user":{"name":"admin@contoso.example"}}`,
		"ad-app-list":  `[]`,
		"ad-sp-list":   `[]`,
		"ad-sp-create": `{"appId":"` + appID + `"}`,
		"ad-sp-update": `{}`,
		"rest-post":    `{"appId":"` + appID + `","id":"` + objectID + `"}`,
		"rest-patch":   ``,

		"ad-app-permission-admin-consent": ``,
	}
}

// with is a directory in which there are other answers.
func (a azure) with(more azure) azure {
	all := maps.Clone(a)
	maps.Copy(all, more)
	return all
}

type outcome struct {
	exit           int
	stdout, stderr string
	calls          []call
}

type call struct{ line, body string }

// changes are the calls that change something, without their bodies.
func (o outcome) changes() []string {
	var lines []string
	for _, c := range o.calls {
		for _, verb := range []string{"rest --method", "sp create", "sp update", "admin-consent"} {
			if strings.Contains(c.line, verb) {
				line, _, _ := strings.Cut(c.line, " --headers")
				lines = append(lines, strings.TrimSuffix(line, " --output json"))
			}
		}
	}
	return lines
}

func register(t *testing.T, answers azure, args ...string) outcome {
	t.Helper()
	dir := t.TempDir()
	for name, answer := range answers {
		if err := os.WriteFile(filepath.Join(dir, name+".json"), []byte(answer), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	here, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	var stdout, stderr strings.Builder
	cmd := exec.Command("bash", append([]string{"register-app.sh"}, args...)...)
	cmd.Env = append(os.Environ(), "PATH="+here+":"+os.Getenv("PATH"), "AZ_ANSWERS="+dir, "AZ_CALLS="+filepath.Join(dir, "calls"))
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	_ = cmd.Run()
	o := outcome{exit: cmd.ProcessState.ExitCode(), stdout: stdout.String(), stderr: stderr.String()}
	calls, _ := os.ReadFile(filepath.Join(dir, "calls"))
	for line := range strings.Lines(string(calls)) {
		before, body, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		o.calls = append(o.calls, call{before, body})
	}
	return o
}

func (o outcome) body(t *testing.T, method string) map[string]any {
	t.Helper()
	for _, c := range o.calls {
		if strings.HasPrefix(c.line, "rest --method "+method) {
			var body map[string]any
			if err := json.Unmarshal([]byte(c.body), &body); err != nil {
				t.Fatalf("%v: %s", err, c.body)
			}
			return body
		}
	}
	t.Fatalf("no %s among %v", method, o.calls)
	return nil
}

func members(t *testing.T, text string) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// registered is a registration as it has to be, in Microsoft Graph's words.
const registered = `{
	"displayName": "Portico", "signInAudience": "AzureADMyOrg", "isFallbackPublicClient": false,
	"publicClient": {"redirectUris": ["http://localhost"]},
	"requiredResourceAccess": [{"resourceAppId": "00000003-0000-0000-c000-000000000000", "resourceAccess": [
		{"id": "37f7f235-527c-4136-accd-4a02d197296e", "type": "Scope"}, {"id": "64a6cdd6-aab1-4aaf-94b8-3cc8405e90d0", "type": "Scope"},
		{"id": "14dad69e-099b-42c9-810b-d002981feec1", "type": "Scope"}, {"id": "7427e0e9-2fba-42fe-b0c0-848c9e6a8182", "type": "Scope"}]}],
	"optionalClaims": {"idToken": [{"name": "given_name", "essential": false}], "accessToken": [], "saml2Token": []}
}`

// existing is a registration that is there, with changes to its members.
func existing(t *testing.T, changes string) azure {
	t.Helper()
	app := members(t, registered)
	maps.Copy(app, members(t, `{"appId":"`+appID+`","id":"`+objectID+`","isFallbackPublicClient":null}`))
	maps.Copy(app, members(t, changes))
	text, err := json.Marshal([]any{app, map[string]any{"displayName": "Portico (test)", "appId": "another"}})
	if err != nil {
		t.Fatal(err)
	}
	return public().with(azure{"ad-app-list": string(text), "ad-sp-list": `[{"appId":"` + appID + `","appRoleAssignmentRequired":false}]`})
}

func TestNewRegistration(t *testing.T) {
	o := register(t, public())
	if o.exit != 0 {
		t.Fatal(o.exit, o.stderr)
	}
	if diff := cmp.Diff(members(t, registered), o.body(t, "post")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"rest --method post --url https://graph.microsoft.com/v1.0/applications", "ad sp create --id " + appID}, o.changes()); diff != "" {
		t.Error(diff)
	}
}

// What it prints is what the programs take, and the link the one that they make.
func TestOutputIsAProvider(t *testing.T) {
	government := azure{"cloud-show": `{"name":"AzureUSGovernment","endpoints":{"microsoftGraphResourceId":"https://graph.microsoft.us/"}}`}
	for name, test := range map[string]struct {
		answers azure
		args    []string
		want    string
	}{
		"single tenant": {public(), nil, "https://login.microsoftonline.com/" + directory + "/v2.0"},
		"multitenant":   {public(), []string{"--multitenant", "--consent-redirect", "https://portal.contoso.example/thanks?a=b"}, "https://login.microsoftonline.com/organizations/v2.0"},
		"government":    {public().with(government), nil, "https://login.microsoftonline.us/" + directory + "/v2.0"},
	} {
		o := register(t, test.answers, test.args...)
		m, err := manifest.Parse([]byte(`{"version":1,"name":"Contoso IT","providers":[`+o.stdout+`]}`), "portal.example")
		if err != nil {
			t.Errorf("%s: %v\n%s%s", name, err, o.stdout, o.stderr)
			continue
		}
		described, err := m.Providers[0].Auth()
		if err != nil || described.Authority != test.want || described.ClientID != appID || len(m.Providers[0].Unknown) != 0 {
			t.Errorf("%s: %+v, %v", name, described, err)
		}
		client, err := auth.New(auth.Params{Provider: described})
		if err != nil {
			t.Fatal(err)
		}
		link, err := client.ConsentURL(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		want, _ := url.Parse(link)
		found := false
		for line := range strings.Lines(o.stderr) {
			got, err := url.Parse(strings.TrimSpace(line))
			if err != nil || got.Host != want.Host {
				continue
			}
			found = true
			if got.Path != want.Path || !cmp.Equal(got.Query(), want.Query()) {
				t.Errorf("%s: the link is\n%s and the programs' own\n%s", name, got, want)
			}
		}
		if !found {
			t.Errorf("%s: no link in %s", name, o.stderr)
		}
	}
}

func TestRunAgainChangesNothing(t *testing.T) {
	for name, changes := range map[string]string{
		"as it has to be":              `{}`,
		"in another order, with more":  `{"publicClient":{"redirectUris":["msal://auth","http://localhost"]},"optionalClaims":{"idToken":[{"name":"acct","essential":false,"source":null,"additionalProperties":[]},{"name":"given_name","essential":false,"source":null,"additionalProperties":[]}],"accessToken":[],"saml2Token":[]},"tags":["a"]}`,
		"for all, and for device code": `{"signInAudience":"AzureADMultipleOrgs","isFallbackPublicClient":true}`,
	} {
		o := register(t, existing(t, changes))
		if o.exit != 0 || len(o.changes()) != 0 || !strings.Contains(o.stderr, "is as it has to be") {
			t.Errorf("%s: %d, %v\n%s", name, o.exit, o.changes(), o.stderr)
		}
	}
}

func TestOnlyWhatDiffersIsSent(t *testing.T) {
	graph := members(t, registered)["requiredResourceAccess"]
	for name, test := range map[string]struct {
		there string
		args  []string
		want  string
	}{
		"no redirect":       {`{"publicClient":{"redirectUris":["msal://auth"]}}`, nil, `{"publicClient":{"redirectUris":["msal://auth","http://localhost"]}}`},
		"for all":           {`{}`, []string{"--multitenant"}, `{"signInAudience":"AzureADMultipleOrgs"}`},
		"device codes":      {`{}`, []string{"--device-codes"}, `{"isFallbackPublicClient":true}`},
		"a page for thanks": {`{"web":{"redirectUris":["https://a.example/"],"homePageUrl":null}}`, []string{"--consent-redirect", "https://b.example/"}, `{"web":{"redirectUris":["https://a.example/","https://b.example/"]}}`},
		"claims are kept":   {`{"optionalClaims":{"idToken":[{"name":"acct","essential":true}],"accessToken":[{"name":"upn","essential":false}],"saml2Token":[]}}`, nil, `{"optionalClaims":{"idToken":[{"name":"acct","essential":true},{"name":"given_name","essential":false}],"accessToken":[{"name":"upn","essential":false}],"saml2Token":[]}}`},
		"no claims at all":  {`{"optionalClaims":null}`, nil, `{"optionalClaims":{"idToken":[{"name":"given_name","essential":false}],"accessToken":[],"saml2Token":[]}}`},
	} {
		o := register(t, existing(t, test.there), test.args...)
		if diff := cmp.Diff(members(t, test.want), o.body(t, "patch")); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if len(o.changes()) != 1 || !strings.Contains(o.changes()[0], "/applications/"+objectID) {
			t.Errorf("%s: %v", name, o.changes())
		}
	}
	other := `{"resourceAppId":"another","resourceAccess":[{"id":"x","type":"Role"}]}`
	o := register(t, existing(t, `{"requiredResourceAccess":[`+other+`]}`))
	if diff := cmp.Diff([]any{members(t, other), graph.([]any)[0]}, o.body(t, "patch")["requiredResourceAccess"]); diff != "" {
		t.Error(diff)
	}
}

func TestDryRunChangesNothing(t *testing.T) {
	all := []string{"--dry-run", "--multitenant", "--device-codes", "--assignment-required", "--admin-consent", "--consent-redirect", "https://portal.example/thanks"}
	for name, answers := range map[string]azure{"new": public(), "there": existing(t, `{"publicClient":{"redirectUris":[]}}`)} {
		o := register(t, answers, all...)
		if o.exit != 0 || len(o.changes()) != 0 || !strings.Contains(o.stderr, "Nothing was changed") || !strings.Contains(o.stderr, "http://localhost") {
			t.Errorf("%s: %d, %v\n%s", name, o.exit, o.changes(), o.stderr)
		}
		// There is no id yet, and none is made up.
		if isNew := name == "new"; (o.stdout == "") != isNew || strings.Contains(o.stderr, "client_id=") == isNew {
			t.Errorf("%s: %q\n%s", name, o.stdout, o.stderr)
		}
	}
}

func TestAssignmentAndConsent(t *testing.T) {
	o := register(t, existing(t, `{}`), "--assignment-required", "--admin-consent")
	want := []string{"ad sp update --id " + appID + " --set appRoleAssignmentRequired=true", "ad app permission admin-consent --id " + appID}
	if diff := cmp.Diff(want, o.changes()); diff != "" || o.exit != 0 {
		t.Error(diff, o.stderr)
	}
}

// The mistakes of earlier guides are named, with the number that people see.
func TestMistakesAreNamed(t *testing.T) {
	for number, there := range map[string]string{
		"AADSTS9002327": `{"spa":{"redirectUris":["http://localhost"]}}`,
		"AADSTS7000218": `{"web":{"redirectUris":["http://localhost:8400"]}}`,
		"AADSTS700025":  `{"passwordCredentials":[{"hint":"abc"}]}`,
		"implicit":      `{"web":{"implicitGrantSettings":{"enableIdTokenIssuance":true,"enableAccessTokenIssuance":false}}}`,
	} {
		if o := register(t, existing(t, there)); o.exit != 0 || !strings.Contains(o.stderr, number) {
			t.Errorf("%s: %d %s", number, o.exit, o.stderr)
		}
	}
	if o := register(t, existing(t, `{}`)); strings.Contains(o.stderr, "Warning") {
		t.Error(o.stderr)
	}
}

func TestRefusalsAndSlips(t *testing.T) {
	twice := `[{"displayName":"Portico","appId":"a"},{"displayName":"Portico","appId":"b"}]`
	for name, test := range map[string]struct {
		answers azure
		args    []string
		exit    int
		says    string
	}{
		"not signed in":        {azure{}, nil, 1, "az login"},
		"may not register":     {func() azure { a := public(); delete(a, "rest-post"); return a }(), nil, 1, "refused the change"},
		"two of that name":     {public().with(azure{"ad-app-list": twice}), nil, 2, "--app-id"},
		"unknown option":       {public(), []string{"--secret"}, 2, "--secret is not an option"},
		"no value":             {public(), []string{"--name"}, 2, "--name needs a value"},
		"name for a shell":     {public(), []string{"--name", `x"; rm`}, 2, "--name is"},
		"empty value":          {public(), []string{"--app-id", ""}, 2, "--app-id needs a value"},
		"stray word":           {public(), []string{"yes"}, 2, "yes is not an option"},
		"zeros as app id":      {public(), []string{"--app-id", zeros}, 2, "Application (client) ID"},
		"secret id as app id":  {public(), []string{"--app-id", "abc"}, 2, "Application (client) ID"},
		"thanks without https": {public(), []string{"--consent-redirect", "portal.example"}, 2, "https"},
		"thanks to a person":   {public(), []string{"--consent-redirect", "https://ada:" + password + "@portal.example"}, 2, "https"},
		"address as a word":    {public(), []string{"ada:" + password + "/x@portal.example"}, 2, "is not an option"},
		"address as a name":    {public(), []string{"--name", "https://ada:" + password + "/x@portal.example"}, 2, "--name is"},
		"address as an id":     {public(), []string{"--app-id", "ada:" + password + "@portal.example"}, 2, "--app-id is"},
		"key in an address":    {public(), []string{"--app-id", "https://portal.example/x?key=" + password}, 2, "Application (client) ID"},
		"thanks in quotes":     {public(), []string{"--consent-redirect", `"https://portal.example"`}, 2, "https"},
		"thanks in the middle": {public(), []string{"--consent-redirect", "https://portal.example/#thanks"}, 2, "https"},
		"thanks to a word":     {public(), []string{"--consent-redirect", "https://yes"}, 2, "https"},
		"thanks nowhere":       {public(), []string{"--consent-redirect", "https://-"}, 2, "https"},
		"thanks unseen":        {public(), []string{"--consent-redirect", "https://po\u200brtal.example/x"}, 2, "https"},
		"thanks backwards":     {public(), []string{"--consent-redirect", "https://portal.example/\u202ex"}, 2, "https"},
		"thanks, half coded":   {public(), []string{"--consent-redirect", "https://portal.example/%zz"}, 2, "https"},
		"thanks to a cloud":    {public(), []string{"--consent-redirect", "https://169.254.169.254/x"}, 2, "https"},
		"thanks at no port":    {public(), []string{"--consent-redirect", "https://portal.example:99999/x"}, 2, "https"},
	} {
		o := register(t, test.answers, test.args...)
		if o.exit != test.exit || !strings.Contains(o.stderr, test.says) || o.stdout != "" || len(o.changes()) > 1 || strings.Contains(o.stderr, password) {
			t.Errorf("%s: %d %q %v\n%s", name, o.exit, o.stdout, o.changes(), o.stderr)
		}
	}
}

// What az answers is not believed because it ended with 0.
func TestAnswersThatAreNone(t *testing.T) {
	for name, test := range map[string]struct {
		answers azure
		args    []string
		changes int
		says    []string
	}{
		"no cloud":                  {azure{"cloud-show": ``}, nil, 0, []string{"az cloud show"}},
		"a cloud without Graph":     {azure{"cloud-show": `{"name":"Own","endpoints":{"microsoftGraphResourceId":null}}`}, nil, 0, []string{"'Own'", "az cloud set"}},
		"a cloud without endpoints": {azure{"cloud-show": `{"name":"Own"}`}, nil, 0, []string{"'Own'"}},
		"a cloud of somebody":       {azure{"cloud-show": `{"name":"AzureCloud","endpoints":{"microsoftGraphResourceId":"https://graph.example"}}`}, nil, 0, []string{"https://graph.example"}},
		"no account":                {azure{"account-show": ``}, nil, 0, []string{"az account show"}},
		"an account's page":         {azure{"account-show": `<html>`}, nil, 0, []string{"az account show", "JSON"}},
		"no directory":              {azure{"account-show": `{"tenantId":null}`}, nil, 0, []string{"names no directory", "az login --tenant"}},
		"an empty directory":        {azure{"account-show": `{"tenantId":""}`}, nil, 0, []string{"names no directory"}},
		"no registration by id":     {azure{"ad-app-show": ``}, []string{"--app-id", appID}, 0, []string{"az ad app"}},
		"no id of a registration":   {azure{"ad-app-list": `[{"displayName":"Portico"}]`}, nil, 0, []string{"lacks its ids"}},
		"no list":                   {azure{"ad-app-list": ``}, nil, 0, []string{"az ad app"}},
		"an object for a list":      {azure{"ad-app-list": `{}`}, nil, 0, []string{"no JSON array"}},
		"nothing about the new":     {azure{"rest-post": ``}, nil, 1, []string{"az rest", "a registration named Portico"}},
		"no id of the new":          {azure{"rest-post": `{"id":"x"}`}, nil, 1, []string{"did not say its id", "a registration named Portico"}},
		"zeros for a directory":     {azure{"account-show": `{"tenantId":"` + zeros + `"}`}, nil, 0, []string{"names no directory"}},
		"an error for an account":   {azure{"account-show": `{"error":{"code":"x"},"tenantId":"` + directory + `"}`}, nil, 0, []string{"az account show", "is an error"}},
		"another registration":      {azure{"ad-app-show": `{"appId":"` + objectID + `","id":"` + objectID + `","signInAudience":"AzureADMyOrg"}`}, []string{"--app-id", appID}, 0, []string{"is not about " + appID}},
		"no audience":               {azure{"ad-app-list": `[{"displayName":"Portico","appId":"` + appID + `","id":"` + objectID + `"}]`}, nil, 0, []string{"signInAudience"}},
		"zeros for the new":         {azure{"rest-post": `{"appId":"` + zeros + `"}`}, nil, 1, []string{"did not say its id", "a registration named Portico"}},
		"an error about the new":    {azure{"rest-post": `{"appId":"` + appID + `","error":{}}`}, nil, 1, []string{"is an error", "a registration named Portico"}},
		"an empty principal":        {azure{"ad-sp-create": `{}`}, nil, 2, []string{"is not about", "--app-id " + appID}},
		"an error for a principal":  {azure{"ad-sp-create": `{"error":{"code":"x"}}`}, nil, 2, []string{"is an error", "--app-id " + appID}},
		"another principal":         {azure{"ad-sp-create": `{"appId":"` + objectID + `"}`}, nil, 2, []string{"is not about", "--app-id " + appID}},
		"an error, assigning":       {azure{"ad-sp-update": `{"error":{"code":"x"}}`}, []string{"--assignment-required"}, 3, []string{"is an error", "--app-id " + appID}},
		"an error, consenting":      {azure{"ad-app-permission-admin-consent": `{"error":{"code":"x"}}`}, []string{"--admin-consent"}, 3, []string{"is an error", "--app-id " + appID}},
		"an empty one in a list":    {existing(t, `{}`).with(azure{"ad-sp-list": `[{}]`}), nil, 0, []string{"is not about", "--app-id " + appID}},
		"an error about a change":   {existing(t, `{"publicClient":null}`).with(azure{"rest-patch": `{"error":{"code":"x"}}`}), nil, 1, []string{"is an error", "--app-id " + appID}},
		"nobody in a list":          {azure{"ad-app-list": `[null]`}, nil, 0, []string{"no JSON array"}},
		"a text in a list":          {azure{"ad-app-list": `["x"]`}, nil, 0, []string{"no JSON array"}},
		"a list in a list":          {azure{"ad-app-list": `[[]]`}, nil, 0, []string{"no JSON array"}},
		"no principal in a list":    {existing(t, `{}`).with(azure{"ad-sp-list": `[null]`}), nil, 0, []string{"no JSON array", "--app-id " + appID}},
		"persons alone":             {azure{"ad-app-list": `[{"displayName":"Portico","appId":"` + appID + `","id":"` + objectID + `","signInAudience":"PersonalMicrosoftAccount"}]`}, nil, 0, []string{"signInAudience"}},
		"an audience of nobody":     {azure{"ad-app-list": `[{"displayName":"Portico","appId":"` + appID + `","id":"` + objectID + `","signInAudience":"x"}]`}, nil, 0, []string{"signInAudience"}},
		"nothing about a principal": {azure{"ad-sp-create": ``}, nil, 2, []string{"az ad sp", appID}},
	} {
		o := register(t, public().with(test.answers), test.args...)
		if o.exit != 1 || o.stdout != "" || len(o.changes()) != test.changes || strings.Contains(o.stderr, "client_id=") {
			t.Errorf("%s: %d %q %v\n%s", name, o.exit, o.stdout, o.changes(), o.stderr)
		}
		for _, part := range test.says {
			if last := lastLine(o.stderr); !strings.Contains(last, part) {
				t.Errorf("%s: %q is not said: %s", name, part, last)
			}
		}
	}
}

// Whatever fails once the registration is there, its id is named: it is what the next
// run needs.
func TestAFailureNamesTheRegistration(t *testing.T) {
	for missing, answers := range map[string]azure{
		"ad-sp-create":                    public(),
		"ad-sp-update":                    public(),
		"ad-app-permission-admin-consent": public(),
		"ad-sp-list":                      existing(t, `{}`),
		"rest-patch":                      existing(t, `{"publicClient":null}`),
	} {
		delete(answers, missing)
		o := register(t, answers, "--assignment-required", "--admin-consent")
		if o.exit != 1 || o.stdout != "" || !strings.Contains(lastLine(o.stderr), "--app-id "+appID) {
			t.Errorf("%s: %d %q\n%s", missing, o.exit, o.stdout, o.stderr)
		}
	}
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}

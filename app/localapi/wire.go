package localapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
)

const (
	// apiHeader carries the contract's version both ways.
	apiHeader = "Portico-Api"

	typeJSON    = "application/json"
	typeProblem = "application/problem+json"
	typeEvents  = "application/x-ndjson"
	typeBytes   = "application/octet-stream"

	// maxRequest bounds a request's body; the largest is a manifest to try.
	maxRequest = 8 << 20
	// maxAnswer bounds a client's reading of an answer, and one event.
	maxAnswer = 16 << 20
)

// version is the handshake.
const version get[Info] = "/v1/version"

// anyVersion says whether programs of all versions understand a call.
func anyVersion(path string) bool { return path == string(version) || path == string(quit) }

// problemDocument is an RFC 9457 problem document. Its type is about:blank, so that the
// title is the status in words; the problem itself is in the extension member "problem".
type problemDocument struct {
	Type    string  `json:"type"`
	Title   string  `json:"title"`
	Status  int     `json:"status"`
	Detail  string  `json:"detail,omitempty"`
	Problem Problem `json:"problem"`
}

// refusal is the answer to a request that never reached the agent.
type refusal struct {
	status int
	code   Code
	reason string
}

func (r *refusal) Error() string { return r.reason }

func refuse(status int, format string, args ...any) *refusal {
	return &refusal{status: status, code: Usage, reason: fmt.Sprintf(format, args...)}
}

// document turns an error of the agent, or a refusal, into a problem document.
func document(err error) problemDocument {
	doc := problemDocument{Type: "about:blank"}
	var refused *refusal
	if errors.As(err, &refused) {
		doc.Status = refused.status
		doc.Problem = Problem{Code: refused.code, Details: &Details{Error: refused.reason}}
		if refused.code == Usage {
			doc.Problem.Params = map[string]string{"reason": refused.reason}
		}
	} else {
		problem, _ := AsProblem(err)
		doc.Status, doc.Problem = status(problem), *problem
	}
	doc.Title = http.StatusText(doc.Status)
	if doc.Problem.Details != nil {
		doc.Detail = doc.Problem.Details.Error
	}
	return doc
}

// status is the HTTP status of a problem. Programs branch on the problem's
// code; the status only has to be an honest one.
func status(p *Problem) int {
	switch p.Exit() {
	case ExitUsage:
		return http.StatusBadRequest
	case ExitUnexpected:
		if p.Code == Busy {
			return http.StatusConflict
		}
		return http.StatusInternalServerError
	}
	return http.StatusUnprocessableEntity
}

// isKind refuses a body of another kind by its own word.
func isKind(header http.Header, wanted string) error {
	kind, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil || kind != wanted {
		return refuse(http.StatusUnsupportedMediaType, "the content type must be %s", wanted)
	}
	if charset, ok := params["charset"]; ok && charset != "utf-8" && charset != "UTF-8" {
		return refuse(http.StatusUnsupportedMediaType, "the character set must be utf-8")
	}
	return nil
}

// decode reads a command's body into v; see parse.
func decode(header http.Header, body io.Reader, v any) error {
	if err := isKind(header, typeJSON); err != nil {
		return err
	}
	raw, err := io.ReadAll(body)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return refuse(http.StatusRequestEntityTooLarge, "the body is larger than %d bytes", tooLarge.Limit)
	case err != nil:
		return refuse(http.StatusBadRequest, "the body could not be read: %v", err)
	}
	return parse(raw, v)
}

// parse reads one JSON object into v: nothing behind it, and no member without a place in
// v. A misspelt member is an error and not ignored, because an absent member has a
// meaning of its own.
func parse(raw []byte, v any) error {
	if !bytes.HasPrefix(bytes.TrimLeft(raw, " \t\r\n"), []byte("{")) {
		// null would pass as "no members".
		return refuse(http.StatusBadRequest, "the body must be one JSON object")
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return refuse(http.StatusBadRequest, "the body is not understood: %v", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return refuse(http.StatusBadRequest, "the body must be one JSON object")
	}
	return nil
}

// speaks says whether a message of the other end is of the given version.
func speaks(header http.Header, version int) bool {
	return header.Get(apiHeader) == strconv.Itoa(version)
}

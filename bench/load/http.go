// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package load

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
)

// answerBytesMax bounds what is read of an answer.
const answerBytesMax = 64 << 10

type httpSender struct {
	client *http.Client
	url    string
	header http.Header
}

func dialHTTP(address string, gzip bool, connections int) Sender {
	header := http.Header{"Content-Type": {"application/x-protobuf"}}
	if gzip {
		header.Set("Content-Encoding", "gzip")
	}
	return &httpSender{
		url:    "http://" + address + "/v1/traces",
		header: header,
		client: &http.Client{
			Timeout: requestTimeout,
			Transport: &http.Transport{
				MaxConnsPerHost:     connections,
				MaxIdleConnsPerHost: connections,
				DisableCompression:  true,
				WriteBufferSize:     64 << 10,
			},
		},
	}
}

func (s *httpSender) Send(ctx context.Context, body []byte) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("post %s: %w", s.url, err)
	}
	request.Header = s.header
	response, err := s.client.Do(request)
	if err != nil {
		return err // net/http names the method and the address
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, answerBytesMax))
	if err != nil {
		return fmt.Errorf("post %s: read answer: %w", s.url, err)
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("post %s: %s: %q", s.url, response.Status, answer)
	}
	return checkAnswer(answer)
}

func (s *httpSender) Close() error {
	s.client.CloseIdleConnections()
	return nil
}

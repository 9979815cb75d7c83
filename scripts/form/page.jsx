// Renders the spec as Airbyte does: sorted by `order`, secrets hidden, `airbyte_hidden` left out, and with
// the pattern's descriptor where a value does not match it.
import { createRoot } from "react-dom/client";
import Form from "@rjsf/core";
import validator from "@rjsf/validator-ajv8";
import spec from "./build/spec.json";

const fields = Object.entries(spec.properties)
  .filter(([, field]) => !field.airbyte_hidden)
  .sort(([, a], [, b]) => a.order - b.order);

// What JSON schema does not define, and the examples, which are shown in empty fields.
const plain = ({ airbyte_secret, airbyte_hidden, order, pattern_descriptor, examples, ...field }) => field;
const schema = {
  ...plain(spec),
  additionalProperties: false, // like Airbyte, which renders only what the spec defines
  properties: Object.fromEntries(fields.map(([name, field]) => [name, plain(field)])),
};

const appearance = { "ui:order": fields.map(([name]) => name), "ui:submitButtonOptions": { submitText: "Test and save" } };
for (const [name, field] of fields) {
  appearance[name] = { "ui:placeholder": field.type === "string" ? (field.examples ?? [])[0] : undefined };
  if (field.airbyte_secret) appearance[name]["ui:widget"] = "password";
  if (field.format === "date") appearance[name]["ui:widget"] = "text";
  if (field.type === "boolean") appearance[name]["ui:widget"] = "checkbox";
}

const inPatternsWords = (errors) =>
  errors
    .filter((error) => error.name !== "format") // the pattern's descriptor covers it
    .map((error) => {
      const field = spec.properties[error.property.replace(/^\./, "").split(".")[0]];
      const words = field?.pattern_descriptor ?? field?.items?.pattern_descriptor;
      return error.name === "pattern" && words ? { ...error, message: `must be: ${words}` } : error;
    });

createRoot(document.getElementById("form")).render(
  <Form
    schema={schema}
    uiSchema={appearance}
    validator={validator}
    transformErrors={inPatternsWords}
    noHtml5Validate
    showErrorList={false}
    onSubmit={({ formData }) => {
      document.getElementById("saved").textContent = JSON.stringify(formData);
    }}
  />,
);

/** One violation of the schema; `instancePath` is a JSON pointer such as `/socket/1`. */
export interface SchemaError {
  readonly instancePath: string;
  readonly keyword: string;
}

/** Checks typed values against schemas/config.schema.json; `errors` is of the last call. */
declare const validate: {
  (values: unknown): boolean;
  errors?: readonly SchemaError[] | null;
};
export default validate;
